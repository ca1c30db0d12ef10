using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols.Gemini;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Gemini;

public sealed class ErrorTests
{
    private static JsonElement Written(GatewayError error)
    {
        using var buffer = new PooledBuffer();
        GeminiProtocol.Instance.WriteError(error, "id", new JsonWriter(buffer));
        return Content.Parse(buffer.Span).GetProperty("error");
    }

    [Fact, Trait("gotcha", "T172"), Trait("gotcha", "T173")]
    public void Code_equals_the_http_status_and_agrees_with_the_name_and_only_a_bad_key_has_details()
    {
        var names = new Dictionary<int, string>
        {
            [400] = "INVALID_ARGUMENT", [401] = "UNAUTHENTICATED", [403] = "PERMISSION_DENIED", [404] = "NOT_FOUND", [405] = "INVALID_ARGUMENT",
            [409] = "ABORTED",
            [413] = "INVALID_ARGUMENT", [429] = "RESOURCE_EXHAUSTED", [499] = "CANCELLED", [500] = "INTERNAL", [501] = "UNIMPLEMENTED", [502] =
                "INTERNAL",
            [503] = "UNAVAILABLE", [504] = "DEADLINE_EXCEEDED", [529] = "INTERNAL",
        };
        foreach (ErrorKind kind in Enum.GetValues<ErrorKind>())
        {
            foreach (int status in names.Keys.Prepend(0))
            {
                var error = new GatewayError(kind, null, status);
                JsonElement written = Written(error);
                int code = written.GetProperty("code").GetInt32();
                Assert.Equal(GeminiProtocol.Instance.StatusOf(error), code);
                Assert.Equal(names[code], written.GetProperty("status").GetString());
                Assert.Equal(kind == ErrorKind.Authentication && code == 400, written.TryGetProperty("details", out _));
                Assert.DoesNotMatch("(?i)busbar|gateway|pool|lane|upstream|router|breaker", written.GetProperty("message").GetString());
            }
        }

        JsonElement key = Written(new(ErrorKind.Authentication));
        Assert.Equal((400, "API key not valid. Please pass a valid API key."),
            (key.GetProperty("code").GetInt32(), key.GetProperty("message").GetString()));
        Assert.Equal("API_KEY_INVALID", key.GetProperty("details")[0].GetProperty("reason").GetString());
        Assert.Contains("v1beta", Written(new(ErrorKind.NotFound)).GetProperty("message").GetString());
    }

    [Theory, Trait("gotcha", "T174")]
    [InlineData(400, """{"error":{"code":400,"message":"API key not valid.","status":"INVALID_ARGUMENT","details":[{"reason":"API_KEY_INVALID"}]}}""",
        true)]
    [InlineData(400, """[{"error":{"code":400,"message":"x","status":"INVALID_ARGUMENT","details":[{"@type":"a"},{"reason":"API_KEY_INVALID"}]}}]""",
        true)]
    [InlineData(400, """{"error":{"code":400,"message":"Request contains an invalid argument.","status":"INVALID_ARGUMENT"}}""", false)]
    [InlineData(403, """{"error":{"code":403,"message":"no","status":"PERMISSION_DENIED"}}""", false)]
    [InlineData(500, """{"error":{"code":500,"message":"API_KEY_INVALID","status":"INTERNAL"}}""", false)]
    public void A_bad_key_is_told_from_other_bad_requests(int status, string body, bool expected) =>
        Assert.Equal(expected, GeminiProtocol.Instance.ReadError(status, Encoding.UTF8.GetBytes(body)).IsInvalidKey);

    [Theory]
    [InlineData(400, "The input token count (2000000) exceeds the maximum number of tokens allowed (1048576).", true)]
    [InlineData(413, "Input is longer than the maximum number of tokens", true)]
    [InlineData(429, "The input token count exceeds the maximum", false)]
    [InlineData(500, "The input token count exceeds the maximum", false)]
    [InlineData(400, "maxOutputTokens must be positive", false)]
    public void Only_a_bad_request_can_be_too_long(int status, string message, bool expected)
    {
        ProviderError error = GeminiProtocol.Instance.ReadError(
            status, Encoding.UTF8.GetBytes($$$"""{"error":{"code":{{{status}}},"message":"{{{message}}}","status":"X"}}"""));
        Assert.Equal((expected, message, "X"), (error.IsContextLength, error.Message, error.Type));
        Assert.Equal(expected ? "context_length_exceeded" : status.ToString(), error.Code);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("[]")]
    [InlineData("7")]
    [InlineData("{}")]
    public void An_unreadable_body_says_nothing(string body)
        => Assert.Equal(new(null, null, null), GeminiProtocol.Instance.ReadError(500, Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData("429", "RESOURCE_EXHAUSTED", FaultClass.RateLimit)]
    [InlineData("503", "UNAVAILABLE", FaultClass.Overloaded)]
    [InlineData("504", "DEADLINE_EXCEEDED", FaultClass.Timeout)]
    [InlineData("401", "UNAUTHENTICATED", FaultClass.Auth)]
    [InlineData("403", "", FaultClass.Billing)]
    [InlineData("422", "", FaultClass.ClientError)]
    [InlineData("400", "INVALID_ARGUMENT", FaultClass.ClientError)]
    [InlineData("500", "SOMETHING", FaultClass.ServerError)]
    public void An_error_inside_a_stream_has_a_class(string code, string status, object expected) =>
        Assert.Equal(["error " + expected], Content.Lines($$$"""{"error":{"code":{{{code}}},"message":"m","status":"{{{status}}}"}}"""));
}
