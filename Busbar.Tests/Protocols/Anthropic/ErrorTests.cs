using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Anthropic;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Json;
using static Busbar.Tests.Protocols.Anthropic.Messages;

namespace Busbar.Tests.Protocols.Anthropic;

public sealed class ErrorTests
{
    [Theory]
    [InlineData("InvalidRequest", 0, "invalid_request_error")]
    [InlineData("Authentication", 0, "authentication_error")]
    [InlineData("Permission", 0, "permission_error")]
    [InlineData("NotFound", 0, "not_found_error")]
    [InlineData("MethodNotAllowed", 0, "invalid_request_error")]
    [InlineData("TooLarge", 0, "request_too_large")]
    [InlineData("RateLimit", 0, "rate_limit_error")]
    [InlineData("Quota", 0, "rate_limit_error")]
    [InlineData("ContextLength", 0, "invalid_request_error")]
    [InlineData("Internal", 0, "api_error")]
    [InlineData("BadGateway", 0, "api_error")]
    [InlineData("Overloaded", 0, "overloaded_error")]
    [InlineData("Timeout", 0, "timeout_error")]
    [InlineData("Internal", 503, "overloaded_error")]
    [InlineData("InvalidRequest", 529, "overloaded_error")]
    [InlineData("InvalidRequest", 402, "billing_error")]
    [Trait("gotcha", "T55")]
    [Trait("gotcha", "T57")]
    public void Every_kind_has_a_native_type_and_the_body_carries_the_request_id(string kind, int status, string type)
    {
        using var output = new PooledBuffer();
        AnthropicProtocol.Instance.WriteError(new GatewayError(Enum.Parse<ErrorKind>(kind), Status: status), "req_01x", new JsonWriter(output));

        JsonObject body = Parse(output.Span.ToArray());
        Assert.Equal(("error", type, "req_01x"), (body["type"]!.GetValue<string>(), body["error"]!["type"]!.GetValue<string>(),
            body["request_id"]!.GetValue<string>()));
        Assert.NotEqual("", body["error"]!["message"]!.GetValue<string>());
    }

    [Fact]
    public void A_refused_credential_is_answered_in_the_vendors_words()
    {
        using var output = new PooledBuffer();
        AnthropicProtocol.Instance.WriteError(new GatewayError(ErrorKind.Authentication), "req_01x", new JsonWriter(output));

        Assert.Equal("""{"type":"error","error":{"type":"authentication_error","message":"invalid x-api-key"},"request_id":"req_01x"}""",
            Encoding.UTF8.GetString(output.Span));
    }

    [Fact]
    [Trait("gotcha", "T76")]
    public void A_stream_that_broke_off_ends_with_the_only_error_event_after_which_clients_try_again()
    {
        using IStreamWriter writer = NewWriter();
        using var output = new PooledBuffer();
        writer.WriteError(ErrorMapping.Interrupted, output);

        Assert.Equal("event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"Overloaded\"}}\n\n",
            Encoding.UTF8.GetString(output.Span));
    }

    [SkippableFact]
    public void Every_recorded_error_is_lifted()
    {
        Skip.IfNot(Corpus.Exists);
        int count = 0;
        foreach (CorpusExchange exchange in Recorded.Where(exchange => exchange.Status >= 400 && exchange.MediaType == "application/json"))
        {
            ProviderError error = AnthropicProtocol.Instance.ReadError(exchange.Status, exchange.ResponseBody);
            JsonNodeOf(exchange, out JsonObject recorded);
            Assert.Equal((recorded["type"]!.GetValue<string>(), recorded["message"]!.GetValue<string>()), (error.Type, error.Message));
            count++;
        }

        Assert.True(count > 10, $"only {count} errors were recorded");
    }

    [Theory]
    [InlineData(400, """{"error":{"type":"invalid_request_error","message":"Prompt is too long: 5 tokens"}}""", true)]
    [InlineData(413, """{"error":{"message":"input exceeds the maximum number of tokens"}}""", true)]
    [InlineData(429, """{"error":{"message":"prompt is too long"}}""", false)]
    [InlineData(400, """{"error":{"code":"other","message":"prompt is too long"}}""", false)]
    [InlineData(400, "prompt is too long", false)]
    public void Length_phrases_count_only_with_a_status_that_fits_and_without_a_code(int status, string body, bool expected) =>
        Assert.Equal(expected, AnthropicProtocol.Instance.ReadError(status, Encoding.UTF8.GetBytes(body)).IsContextLength);

    [Theory]
    [InlineData("""{"error":{"code":1113,"message":"m"}}""", "1113", "m")]
    [InlineData("""{"error":{"details":{"error_code":"thread_not_found"},"message":"m"}}""", "thread_not_found", "m")]
    [InlineData("""{"error":"m"}""", null, "m")]
    [InlineData("""{"message":"m"}""", null, "m")]
    [InlineData("<html>", null, null)]
    [InlineData("", null, null)]
    public void Codes_and_messages_of_compatible_hosts_are_found(string body, string? code, string? message)
    {
        ProviderError error = AnthropicProtocol.Instance.ReadError(400, Encoding.UTF8.GetBytes(body));

        Assert.Equal((code, message), (error.Code, error.Message));
    }

    [Fact]
    public void Ids_have_the_vendors_shape()
    {
        Assert.Matches("^msg_01[0-9A-Za-z]{24}$", AnthropicProtocol.Instance.NewResponseId());
        Assert.Matches("^req_01[0-9A-Za-z]{24}$", AnthropicProtocol.Instance.NewRequestId());
        Assert.Same(AnthropicProtocol.Instance, ProtocolTable.Get(ProtocolId.Anthropic));
    }

    private static void JsonNodeOf(CorpusExchange exchange, out JsonObject error) => error = Parse(exchange.ResponseBody)["error"]!.AsObject();
}
