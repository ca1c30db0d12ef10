using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Cohere;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Cohere;

public sealed class ErrorTests
{
    private static JsonElement Written(GatewayError error)
    {
        using var buffer = new PooledBuffer();
        CohereProtocol.Instance.WriteError(error, "request-1", new JsonWriter(buffer));
        return JsonDocument.Parse(buffer.Span.ToArray()).RootElement;
    }

    [Fact]
    public void Every_kind_has_its_status_an_id_and_words_without_product_vocabulary()
    {
        var expected = new Dictionary<ErrorKind, int>
        {
            [ErrorKind.InvalidRequest] = 400,
            [ErrorKind.Authentication] = 401,
            [ErrorKind.Permission] = 403,
            [ErrorKind.NotFound] = 404,
            [ErrorKind.MethodNotAllowed] = 405,
            [ErrorKind.TooLarge] = 413,
            [ErrorKind.RateLimit] = 429,
            [ErrorKind.Quota] = 429,
            [ErrorKind.ContextLength] = 400,
            [ErrorKind.Internal] = 500,
            [ErrorKind.BadGateway] = 502,
            [ErrorKind.Overloaded] = 503,
            [ErrorKind.Unavailable] = 503,
            [ErrorKind.Timeout] = 504,
        };
        foreach (ErrorKind kind in Enum.GetValues<ErrorKind>())
        {
            JsonElement error = Written(new GatewayError(kind));
            Assert.Equal(["id", "message"], error.EnumerateObject().Select(member => member.Name));
            Assert.Equal("request-1", error.GetProperty("id").GetString());
            Assert.Equal(expected[kind], CohereProtocol.Instance.StatusOf(new GatewayError(kind)));
            Assert.Matches("^.{5,}$", error.GetProperty("message").GetString());
            Assert.DoesNotMatch("(?i)busbar|gateway|pool|lane|upstream|router|breaker", error.GetProperty("message").GetString());
        }

        Assert.Equal("said", Written(new(ErrorKind.Internal, "said")).GetProperty("message").GetString());
    }

    [Fact, Trait("gotcha", "C92")]
    public void A_bad_token_is_called_as_the_vendor_calls_it() =>
        Assert.Equal("invalid api token", Written(new(ErrorKind.Authentication)).GetProperty("message").GetString());

    [Theory, Trait("gotcha", "T238")]
    [InlineData(400, """{"error_type":"TOO_MANY_TOKENS","id":"x","message":"size limit"}""", true)]
    [InlineData(400, """{"message":"too many tokens: size limit exceeded by 25836 tokens."}""", true)]
    [InlineData(413, """{"message":"the input is too long"}""", true)]
    [InlineData(400, """{"message":"exceeds the context of the model"}""", true)]
    [InlineData(400, """{"message":"the maximum number of tokens is 10"}""", true)]
    [InlineData(429, """{"message":"too many tokens per minute, token limit reached"}""", false)]
    [InlineData(500, """{"message":"maximum tokens"}""", false)]
    [InlineData(400, """{"message":"the name is too long"}""", false)]
    [InlineData(500, "<html>", false)]
    [InlineData(500, "", false)]
    [InlineData(500, "[]", false)]
    [InlineData(500, """{"message":{"a":1},"error_type":5}""", false)]
    public void An_error_body_says_whether_the_context_was_too_long_unless_its_status_says_otherwise(int status, string body, bool isContext) =>
        Assert.Equal(isContext, CohereProtocol.Instance.ReadError(status, Encoding.UTF8.GetBytes(body)).IsContextLength);

    [Fact]
    public void The_message_is_the_code_and_both_are_bounded()
    {
        ProviderError error = CohereProtocol.Instance.ReadError(404, """{"message":"no such model","error_type":"NOT_FOUND"}"""u8.ToArray());
        Assert.Equal(("no such model", "NOT_FOUND", "no such model"), (error.Code, error.Type, error.Message));
        error = CohereProtocol.Instance.ReadError(404, Encoding.UTF8.GetBytes($$"""{"message":"{{new string('x', 10_000)}}"}"""));
        Assert.InRange(error.Message!.Length, 100, 4096);
    }

    [Theory]
    [InlineData(400, true)]
    [InlineData(401, false)]
    public void A_bad_key_is_seen_where_the_status_does_not_say_so(int status, bool expected) =>
        Assert.Equal(expected, CohereProtocol.Instance.ReadError(status, """{"message":"Invalid API token"}"""u8.ToArray()).IsInvalidKey);

    [SkippableFact]
    public void Every_recorded_error_gives_a_message()
    {
        Skip.IfNot(Corpus.Exists);
        CorpusExchange[] errors = [.. Corpus.Of(ProtocolId.Cohere).Where(exchange => exchange.Status >= 400)];
        Assert.NotEmpty(errors);
        Assert.All(errors, exchange => Assert.False(string.IsNullOrEmpty(
            CohereProtocol.Instance.ReadError(exchange.Status, exchange.ResponseBody).Message)));
    }

    [Fact]
    public void Ids_have_the_vendors_shape()
    {
        const string Uuid = "^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$";
        Assert.Matches(Uuid, CohereProtocol.Instance.NewRequestId());
        Assert.Matches(Uuid, CohereProtocol.Instance.NewResponseId());
        Assert.Same(CohereProtocol.Instance, ProtocolTable.Get(ProtocolId.Cohere));
        Assert.Equal("/v2/chat", CohereProtocol.Instance.EgressPath("m", true));
    }
}
