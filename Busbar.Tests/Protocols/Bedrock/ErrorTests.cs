using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Bedrock;
using Busbar.Wire;
using Busbar.Wire.Json;
using static Busbar.Tests.Protocols.Bedrock.Converse;

namespace Busbar.Tests.Protocols.Bedrock;

public sealed class ErrorTests
{
    [Theory, Trait("gotcha", "T203"), Trait("gotcha", "T204")]
    [InlineData("InvalidRequest", 0, 400, "ValidationException")]
    [InlineData("InvalidRequest", 422, 422, "ValidationException")]
    [InlineData("Authentication", 401, 403, "AccessDeniedException")]
    [InlineData("Permission", 0, 403, "AccessDeniedException")]
    [InlineData("NotFound", 0, 404, "ResourceNotFoundException")]
    [InlineData("MethodNotAllowed", 0, 405, "ValidationException")]
    [InlineData("TooLarge", 0, 413, "ValidationException")]
    [InlineData("RateLimit", 0, 429, "ThrottlingException")]
    [InlineData("Quota", 0, 400, "ServiceQuotaExceededException")]
    [InlineData("ContextLength", 0, 400, "ValidationException")]
    [InlineData("Internal", 0, 500, "InternalServerException")]
    [InlineData("BadGateway", 0, 502, "InternalServerException")]
    [InlineData("Overloaded", 529, 503, "ServiceUnavailableException")]
    [InlineData("Timeout", 504, 408, "ModelTimeoutException")]
    public void Every_kind_has_its_status_and_exception(string kind, int asked, int status, string name)
    {
        var error = new GatewayError(Enum.Parse<ErrorKind>(kind), Status: asked);
        using var output = new PooledBuffer();
        BedrockProtocol.Instance.WriteError(error, "unused", new JsonWriter(output));
        JsonObject body = Parse(output.Span);
        Assert.Equal(["__type", "message"], body.Select(member => member.Key));
        Assert.Equal(name, (string?)body["__type"]);
        Assert.Equal(name, BedrockProtocol.Instance.ErrorType(error));
        Assert.Equal(status, BedrockProtocol.Instance.StatusOf(error));
        Assert.NotEqual("", (string?)body["message"]);
        Assert.True(Guid.TryParse(BedrockProtocol.Instance.NewRequestId(), out _));
        Assert.Equal(("x-amzn-requestid", "x-amzn-errortype"), (BedrockProtocol.Instance.RequestIdHeader, BedrockProtocol.Instance.ErrorTypeHeader));
    }

    [Theory, Trait("gotcha", "T225")]
    [InlineData("com.amazon.coral.service#ThrottlingException", "ThrottlingException")]
    [InlineData("arn:aws/x/ValidationException#", "ValidationException")]
    [InlineData("ValidationException:http://internal.amazon.com/coral/", "ValidationException")]
    [InlineData("ThrottlingException", "ThrottlingException")]
    [InlineData("##", "##")]
    public void The_bare_name_of_an_exception_is_recovered(string type, string expected) =>
        Assert.Equal(expected, BedrockProtocol.Instance.ReadError(429, Encoding.UTF8.GetBytes($$"""{"__type":"{{type}}","message":"m"}""")).Type);

    [Theory, Trait("gotcha", "T226")]
    [InlineData(400, "Input is longer than the maximum number of tokens allowed", true)]
    [InlineData(400, "Input is too long for requested model.", true)]
    [InlineData(400, "the maximum-tokens you requested", true)]
    [InlineData(500, "Input is longer than the maximum number of tokens allowed", false)]
    [InlineData(429, "Too many tokens, please wait before trying again.", false)]
    public void Only_a_client_fault_can_be_about_the_context(int status, string message, bool expected)
    {
        ProviderError error = BedrockProtocol.Instance.ReadError(status, Encoding.UTF8.GetBytes($$"""{"Message":"{{message}}"}"""));
        Assert.Equal((message, message, expected), (error.Message, error.Code, error.IsContextLength));
    }

    [Fact]
    public void An_unreadable_body_says_nothing() => Assert.Equal(default, BedrockProtocol.Instance.ReadError(500, "<html>"u8.ToArray()));

    [Theory, Trait("gotcha", "T224")]
    [InlineData("throttlingException", "{}", "RateLimit")]
    [InlineData("ThrottlingException", "{}", "RateLimit")]
    [InlineData("serviceUnavailableException", "{}", "Overloaded")]
    [InlineData("validationException", """{"message":"bad"}""", "ClientError")]
    [InlineData("validationException", """{"message":"Input is too long for requested model."}""", "ContextLength")]
    [InlineData("modelStreamErrorException", """{"message":"x","originalStatusCode":504}""", "Timeout")]
    [InlineData("modelStreamErrorException", "not json", "ServerError")]
    [InlineData("internalServerException", "{}", "ServerError")]
    [InlineData("neverHeardOfException", "{}", "ServerError")]
    [InlineData("accessDeniedException", "{}", "Auth")]
    public void An_exception_in_a_stream_is_an_error_of_its_class(string name, string payload, string expected)
    {
        Assert.Equal($"error {expected}", Assert.Single(Lines(("!" + name, payload))));
        IStreamTap tap = BedrockProtocol.Instance.NewStreamTap();
        Frames(Stream(("!" + name, payload)), frame => tap.Observe(frame));
        Assert.Equal(expected, tap.Error!.Class.ToString());
    }

    [Theory, Trait("gotcha", "T227")]
    [InlineData("RateLimit", "throttlingException")]
    [InlineData("Quota", "throttlingException")]
    [InlineData("Overloaded", "serviceUnavailableException")]
    [InlineData("Timeout", "modelStreamErrorException")]
    [InlineData("Internal", "internalServerException")]
    [InlineData("BadGateway", "internalServerException")]
    [InlineData("ContextLength", "validationException")]
    [InlineData("Authentication", "validationException")]
    public void An_error_in_a_stream_is_one_of_five_exceptions_by_its_exact_name(string kind, string name)
    {
        using IStreamWriter writer = NewWriter();
        using var output = new PooledBuffer();
        writer.WriteError(new GatewayError(Enum.Parse<ErrorKind>(kind), "Slow \"down\"."), output);
        (string written, JsonObject payload) = Assert.Single(Payloads(output.Span));
        Assert.Equal("!" + name, written);
        Assert.Equal("""{"message":"Slow \u0022down\u0022."}""", payload.ToJsonString());
    }
}
