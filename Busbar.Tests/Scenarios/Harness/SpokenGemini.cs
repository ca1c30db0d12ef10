using System.Net.Http.Headers;
using System.Text.Json;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>generateContent, its streams as server-sent events.</summary>
internal sealed class SpokenGemini : SpokenProtocol
{
    private const string Tail =
        """],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":""" +
        """7},"modelVersion":"wire"}""";

    public override string Name => "gemini";

    public override string? RequestIdHeader => null;

    public override bool ModelInPath => true;

    public override IReadOnlyList<string> Prelude => [More("")];

    public override IReadOnlyList<string> End =>
    [
        Frame("""{"candidates":[{"content":{"parts":[{"text":""}],"role":"model"},"finishReason":"STOP","index":0}],"usageMetadata":""" +
            """{"promptTokenCount":5,"candidatesTokenCount":2,"totalTokenCount":7},"modelVersion":"wire"}"""),
    ];

    public override string ErrorEvent => Frame(Error("UNAVAILABLE", "The model is overloaded.", 503));

    public override string ContextError => Error("INVALID_ARGUMENT",
        "The input token count (210000) exceeds the maximum number of tokens allowed (200000).", 400);

    public override string PathOf(string model, bool stream) =>
        stream ? $"/v1beta/models/{model}:streamGenerateContent?alt=sse" : $"/v1beta/models/{model}:generateContent";

    public override bool IsStream(UpstreamRequest request) => request.Path.Contains(":streamGenerateContent", StringComparison.Ordinal);

    public override void Authorize(HttpRequestHeaders headers, string token) => headers.TryAddWithoutValidation("x-goog-api-key", token);

    public override string? CredentialOf(UpstreamRequest request) => request["x-goog-api-key"] ?? request["Authorization"]?["Bearer ".Length..];

    public override string Request(string model, bool stream, string prompt)
        => $$"""{"contents":[{"role":"user","parts":[{"text":"{{prompt}}"}]}]}""";

    public override string Answer(string text) => """{"candidates":[{"finishReason":"STOP","content":{"parts":[{"text":"TEXT"}""".Replace(
        "TEXT", text, StringComparison.Ordinal) + Tail;

    public override string First(string text) => More(text);

    public override string More(string text) => Frame("""{"candidates":[{"content":{"parts":[{"text":"TEXT"}""".Replace(
        "TEXT", text, StringComparison.Ordinal) + Tail);

    public override string Error(string type, string message) => Error("INVALID_ARGUMENT", message, 400);

    public override bool EndsCleanly(string stream) => stream.Contains("\"finishReason\":\"STOP\"", StringComparison.Ordinal) && !HasError(stream);

    public override bool HasError(string stream) => stream.Contains("{\"error\":{", StringComparison.Ordinal);

    public override int StatusOf(int status) => status == 401 ? 400 : status;

    public override string MessageOf(Reply reply) => reply.Json.GetProperty("error").GetProperty("message").GetString()!;

    protected override void HasShape(Reply reply, int status, string? code)
    {
        Assert.Equal(["error"], reply.Json.EnumerateObject().Select(member => member.Name));
        JsonElement error = reply.Json.GetProperty("error");
        Assert.Equal(status == 401 ? ["code", "message", "status", "details"] : ["code", "message", "status"],
            error.EnumerateObject().Select(member => member.Name));
        Assert.Equal(reply.Status, error.GetProperty("code").GetInt32());
        Assert.Equal(
            status switch
            {
                403 => "PERMISSION_DENIED",
                404 => "NOT_FOUND",
                409 => "ABORTED",
                429 => "RESOURCE_EXHAUSTED",
                503 => "UNAVAILABLE",
                504 => "DEADLINE_EXCEEDED",
                >= 500 => "INTERNAL",
                _ => "INVALID_ARGUMENT",
            },
            error.GetProperty("status").GetString());
        Assert.True(status != 401 || error.GetProperty("details")[0].GetProperty("reason").GetString() == "API_KEY_INVALID");
        Assert.Null(reply["x-amzn-requestid"]);
    }

    private static string Error(string status, string message, int code)
        => $$$"""{"error":{"code":{{{code}}},"message":"{{{message}}}","status":"{{{status}}}"}}""";

    private static string Frame(string data) => $"data: {data}\n\n";
}
