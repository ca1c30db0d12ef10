using System.Net.Http.Headers;
using System.Text;
using Busbar.Wire;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>Converse. Its frames are binary; in a string, each byte is the character of its number.</summary>
internal sealed class SpokenBedrock : SpokenProtocol
{
    public override string Name => "bedrock";

    public override string RequestIdHeader => "x-amzn-requestid";

    public override bool ModelInPath => true;

    public override string StreamContentType => "application/vnd.amazon.eventstream";

    public override IReadOnlyList<string> Prelude => [Frame("messageStart", """{"p":"abcd","role":"assistant"}""")];

    public override IReadOnlyList<string> End =>
    [
        Frame("contentBlockStop", """{"contentBlockIndex":0,"p":"ab"}"""),
        Frame("messageStop", """{"p":"abc","stopReason":"end_turn"}"""),
        Frame("metadata", """{"metrics":{"latencyMs":9},"p":"a","usage":{"inputTokens":5,"outputTokens":2,"totalTokens":7}}"""),
    ];

    public override int TerminalAt => 1;

    public override string ErrorEvent => Frame("!serviceUnavailableException",
        """{"message":"Too many requests, please wait before trying again."}""");

    public override string ContextError => """{"message":"Input is too long for requested model."}""";

    public override string PathOf(string model, bool stream) => $"/model/{model}/{(stream ? "converse-stream" : "converse")}";

    public override bool IsStream(UpstreamRequest request) => request.Path.EndsWith("/converse-stream", StringComparison.Ordinal);

    public override void Authorize(HttpRequestHeaders headers, string token) => headers.TryAddWithoutValidation("Authorization", "Bearer " + token);

    public override string? CredentialOf(UpstreamRequest request) => request["Authorization"]?["Bearer ".Length..];

    public override string Request(string model, bool stream, string prompt)
        => $$"""{"messages":[{"role":"user","content":[{"text":"{{prompt}}"}]}]}""";

    public override string Answer(string text) =>
        ("""{"metrics":{"latencyMs":9},"output":{"message":{"content":[{"text":"TEXT"}],"role":"assistant"}},"stopReason":"end_turn","usage":""" +
            """{"inputTokens":5,"outputTokens":2,"totalTokens":7}}""")
            .Replace("TEXT", text, StringComparison.Ordinal);

    public override string First(string text) => More(text);

    public override string More(string text) => Frame("contentBlockDelta",
        $$$"""{"contentBlockIndex":0,"delta":{"text":"{{{text}}}"},"p":"abcdef"}""");

    public override string Error(string type, string message) => $$"""{"message":"{{message}}"}""";

    public override bool EndsCleanly(string stream) => stream.Contains("messageStop", StringComparison.Ordinal) && !HasError(stream);

    public override bool HasError(string stream) => stream.Contains(":exception-type", StringComparison.Ordinal);

    public override int StatusOf(int status) => status switch
    {
        401 => 403,
        504 => 408,
        _ => status,
    };

    public override string MessageOf(Reply reply) => reply.Json.GetProperty("message").GetString()!;

    protected override void HasShape(Reply reply, int status, string? code)
    {
        Assert.Equal(["__type", "message"], reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            status switch
            {
                401 or 403 => "AccessDeniedException",
                404 => "ResourceNotFoundException",
                429 => "ThrottlingException",
                503 => "ServiceUnavailableException",
                504 or 408 => "ModelTimeoutException",
                >= 500 => "InternalServerException",
                _ => "ValidationException",
            },
            reply.Json.GetProperty("__type").GetString());
        Assert.Equal(reply.Json.GetProperty("__type").GetString(), reply["x-amzn-errortype"]);
        Assert.NotNull(reply[RequestIdHeader]);
    }

    /// <summary>One event; with <c>!</c> before its name an exception.</summary>
    public static string Frame(string name, string payload)
    {
        using var output = new PooledBuffer(256);
        byte[] bytes = Encoding.UTF8.GetBytes(payload);
        Assert.True(name[0] == '!'
            ? EventStreamWriter.TryWriteException(output, Encoding.UTF8.GetBytes(name[1..]), bytes)
            : EventStreamWriter.TryWriteEvent(output, Encoding.UTF8.GetBytes(name), bytes));
        return Encoding.Latin1.GetString(output.Span);
    }
}
