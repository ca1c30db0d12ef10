using System.Net.Http.Headers;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>Chat, version 2.</summary>
internal sealed class SpokenCohere : SpokenProtocol
{
    public override string Name => "cohere";

    public override string? RequestIdHeader => null;

    public override IReadOnlyList<string> Prelude =>
    [
        Frame("message-start",
            """{"id":"29f14a5a-11de-4cae-9800-25e4747408ea","type":"message-start","delta":{"message":{"role":"assistant","content":""" +
            """[],"tool_plan":"","tool_calls":[],"citations":[]}}}"""),
        Frame("content-start", """{"type":"content-start","index":0,"delta":{"message":{"content":{"type":"text","text":""}}}}"""),
    ];

    public override IReadOnlyList<string> End =>
    [
        Frame("content-end", """{"type":"content-end","index":0}"""),
        Frame("message-end",
            """{"type":"message-end","delta":{"finish_reason":"COMPLETE","usage":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":""" +
            """{"input_tokens":5,"output_tokens":2}}}}"""),
    ];

    public override string ErrorEvent => Frame("message-end",
        """{"type":"message-end","delta":{"finish_reason":"ERROR","error":"The service is overloaded.","usage":{}}}""");

    public override string ContextError => """{"id":"e1","message":"too many tokens: total number of tokens in the prompt cannot exceed 128000"}""";

    public override string PathOf(string model, bool stream) => "/v2/chat";

    public override void Authorize(HttpRequestHeaders headers, string token) => headers.TryAddWithoutValidation("Authorization", "Bearer " + token);

    public override string? CredentialOf(UpstreamRequest request) => request["Authorization"]?["Bearer ".Length..];

    public override string Request(string model, bool stream, string prompt) =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{prompt}}"}]{{(stream ? ",\"stream\":true" : "")}}}""";

    public override string Answer(string text) =>
        ("""{"id":"29f14a5a-11de-4cae-9800-25e4747408ea","finish_reason":"COMPLETE","message":{"role":"assistant","content":""" +
            """[{"type":"text","text":"TEXT"}]},"usage":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":""" +
            """5,"output_tokens":2}}}""")
            .Replace("TEXT", text, StringComparison.Ordinal);

    public override string First(string text) => More(text);

    public override string More(string text) => Frame(
        "content-delta",
        """{"type":"content-delta","index":0,"delta":{"message":{"content":{"text":"TEXT"}}}}""".Replace("TEXT", text, StringComparison.Ordinal));

    public override string Error(string type, string message) => $$"""{"id":"e1","message":"{{message}}"}""";

    public override bool EndsCleanly(string stream) => stream.Contains("\"finish_reason\":\"COMPLETE\"", StringComparison.Ordinal)
        && !HasError(stream);

    public override bool HasError(string stream) => stream.Contains("\"finish_reason\":\"ERROR\"", StringComparison.Ordinal);

    public override string MessageOf(Reply reply) => reply.Json.GetProperty("message").GetString()!;

    protected override void HasShape(Reply reply, int status, string? code)
    {
        Assert.Equal(["id", "message"], reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.NotEmpty(reply.Json.GetProperty("id").GetString()!);
        Assert.Null(reply["x-amzn-requestid"]);
    }

    private static string Frame(string name, string data) => $"event: {name}\ndata: {data}\n\n";
}
