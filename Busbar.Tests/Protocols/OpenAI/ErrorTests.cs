using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.OpenAI;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.OpenAI;

public sealed class ErrorTests
{
    private static JsonElement Written(GatewayError error)
    {
        using var buffer = new PooledBuffer();
        OpenAIProtocol.Instance.WriteError(error, "req_1", new JsonWriter(buffer));
        return JsonDocument.Parse(buffer.Span.ToArray()).RootElement.GetProperty("error");
    }

    [Fact, Trait("gotcha", "T125"), Trait("gotcha", "T126")]
    public void Every_kind_has_its_type_and_code()
    {
        var expected = new Dictionary<ErrorKind, (string Type, string? Code, int Status)>
        {
            [ErrorKind.InvalidRequest] = ("invalid_request_error", null, 400),
            [ErrorKind.Authentication] = ("authentication_error", "invalid_api_key", 401),
            [ErrorKind.Permission] = ("permission_error", null, 403),
            [ErrorKind.NotFound] = ("invalid_request_error", "model_not_found", 404),
            [ErrorKind.MethodNotAllowed] = ("invalid_request_error", null, 405),
            [ErrorKind.TooLarge] = ("invalid_request_error", null, 413),
            [ErrorKind.RateLimit] = ("rate_limit_error", "rate_limit_exceeded", 429),
            [ErrorKind.Quota] = ("insufficient_quota", "insufficient_quota", 429),
            [ErrorKind.ContextLength] = ("invalid_request_error", "context_length_exceeded", 400),
            [ErrorKind.Internal] = ("api_error", null, 500),
            [ErrorKind.BadGateway] = ("api_error", null, 502),
            [ErrorKind.Overloaded] = ("server_error", null, 503),
            [ErrorKind.Unavailable] = ("server_error", null, 503),
            [ErrorKind.Timeout] = ("server_error", null, 504),
        };
        foreach (ErrorKind kind in Enum.GetValues<ErrorKind>())
        {
            JsonElement error = Written(new GatewayError(kind));
            Assert.Equal(expected[kind], (error.GetProperty("type").GetString()!, error.GetProperty("code").GetString(),
                OpenAIProtocol.Instance.StatusOf(new GatewayError(kind))));
            Assert.Equal(JsonValueKind.Null, error.GetProperty("param").ValueKind);
            Assert.DoesNotMatch("(?i)busbar|gateway|pool|lane|upstream|router|breaker", error.GetProperty("message").GetString());
        }

        Assert.Equal("Incorrect API key provided.", Written(new(ErrorKind.Authentication)).GetProperty("message").GetString());
        Assert.Null(Written(new(ErrorKind.NotFound, "Invalid URL (POST /v1/x)")).GetProperty("code").GetString());
    }

    [Theory]
    [InlineData(400, """{"error":{"message":"This model's maximum context length is 8192 tokens.","type":"invalid_request_error","code":null}}""",
        "context_length_exceeded", true)]
    [InlineData(400, """{"error":{"message":"too long","code":"context_length_exceeded"}}""", "context_length_exceeded", true)]
    [InlineData(400,
        """{"error":{"code":400,"message":"request (2009 tokens) exceeds the available context size","type":"exceed_context_size_error"}}""",
    "context_length_exceeded", true)]
    [InlineData(429, """{"error":{"message":"maximum context length of tokens per minute","code":null}}""", null, false)]
    [InlineData(500, """{"error":{"message":"too long","code":"context_length_exceeded"}}""", "context_length_exceeded", false)]
    [InlineData(400, """{"error":{"code":1113,"message":"no balance"}}""", "1113", false)]
    [InlineData(500, """{"error":"boom"}""", null, false)]
    [InlineData(500, "<html>", null, false)]
    [InlineData(500, "", null, false)]
    public void An_error_body_gives_its_code_and_says_whether_the_context_was_too_long(int status, string body, string? code, bool isContext)
    {
        ProviderError error = OpenAIProtocol.Instance.ReadError(status, Encoding.UTF8.GetBytes(body));
        Assert.Equal((code, isContext), (error.Code, error.IsContextLength));
    }

    [SkippableFact]
    public void Every_recorded_error_gives_a_message()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Corpus.Of(ProtocolId.OpenAI).Where(exchange => exchange.Status >= 400 && exchange.ResponseBody.Span.IndexOf("message"u8) > 0),
            exchange => Assert.False(string.IsNullOrEmpty(OpenAIProtocol.Instance.ReadError(exchange.Status, exchange.ResponseBody).Message)));
    }

    [Fact]
    public void Ids_have_the_vendors_shapes()
    {
        Assert.Matches("^req_[0-9a-f]{32}$", OpenAIProtocol.Instance.NewRequestId());
        Assert.Matches("^chatcmpl-[0-9A-Za-z]{24}$", OpenAIProtocol.Instance.NewResponseId());
        Assert.Same(OpenAIProtocol.Instance, ProtocolTable.Get(ProtocolId.OpenAI));
    }
}
