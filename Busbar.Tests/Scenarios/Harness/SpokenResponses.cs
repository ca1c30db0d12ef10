using System.Net.Http.Headers;
using System.Text.Json;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>Responses.</summary>
internal sealed class SpokenResponses : SpokenProtocol
{
    private const string Head =
        """{"id":"resp_1","object":"response","created_at":1700000000,"status":"STATUS","error":null,"incomplete_details":""" +
        """null,"model":"wire","output":""";

    public override string Name => "responses";

    public override string RequestIdHeader => "x-request-id";

    public override IReadOnlyList<string> Prelude =>
    [
        Frame("response.created", $$"""{"type":"response.created","sequence_number":0,"response":{{Object("in_progress", "[]", "null")}}}"""),
        Frame("response.in_progress", $$"""{"type":"response.in_progress","sequence_number":1,"response":{{Object("in_progress", "[]", "null")}}}"""),
        Frame("response.output_item.added",
            """{"type":"response.output_item.added","sequence_number":2,"output_index":0,"item":""" +
            """{"id":"msg_1","type":"message","status":"in_progress","content":[],"role":"assistant"}}"""),
        Frame("response.content_part.added",
            """{"type":"response.content_part.added","sequence_number":3,"item_id":"msg_1","output_index":0,"content_index":0,"part":""" +
            """{"type":"output_text","annotations":[],"text":""}}"""),
    ];

    public override IReadOnlyList<string> End =>
    [
        Frame("response.completed", $$"""{"type":"response.completed","sequence_number":9,"response":{{Object("completed", "[]", Usage)}}}"""),
    ];

    public override string ErrorEvent
        => Frame("error", """{"type":"error","sequence_number":5,"code":"server_error","message":"The server had an error.","param":null}""");

    public override string ContextError =>
        """{"error":{"message":"Your input exceeds the context window of this """ +
            """model.","type":"invalid_request_error","param":"input","code":"context_length_exceeded"}}""";

    private static string Usage
        => """{"input_tokens":5,"input_tokens_details":{"cached_tokens":0},"output_tokens":2,"output_tokens_details":{"reasoning_tokens":""" +
        """0},"total_tokens":7}""";

    public override string PathOf(string model, bool stream) => "/v1/responses";

    public override void Authorize(HttpRequestHeaders headers, string token) => headers.TryAddWithoutValidation("Authorization", "Bearer " + token);

    public override string? CredentialOf(UpstreamRequest request) => request["Authorization"]?["Bearer ".Length..];

    public override string Request(string model, bool stream, string prompt) =>
        $$"""{"model":"{{model}}","input":[{"role":"user","content":"{{prompt}}"}]{{(stream ? ",\"stream\":true" : "")}}}""";

    public override string Answer(string text) => Object(
        "completed",
        """[{"id":"msg_1","type":"message","status":"completed","content":[{"type":"output_text","annotations":[],"logprobs":[],"text":"TEXT"}],"role":"assistant"}]""".Replace("TEXT", text, StringComparison.Ordinal),
        Usage);

    public override string First(string text) => More(text);

    public override string More(string text) =>
        Frame("response.output_text.delta",
            $$"""{"type":"response.output_text.delta","sequence_number":4,"item_id":"msg_1","output_index":0,"content_index":""" +
            $$"""0,"delta":"{{text}}","logprobs":[]}""");

    public override string Error(string type, string message)
        => $$$"""{"error":{"message":"{{{message}}}","type":"{{{type}}}","param":null,"code":null}}""";

    public override bool EndsCleanly(string stream) => stream.Contains("event: response.completed\n", StringComparison.Ordinal) && !HasError(stream);

    public override bool HasError(string stream) =>
        stream.Contains("event: response.failed\n", StringComparison.Ordinal) || stream.Contains("event: error\n", StringComparison.Ordinal);

    public override string MessageOf(Reply reply) => reply.Json.GetProperty("error").GetProperty("message").GetString()!;

    protected override void HasShape(Reply reply, int status, string? code)
    {
        Assert.Equal(["error"], reply.Json.EnumerateObject().Select(member => member.Name));
        JsonElement error = reply.Json.GetProperty("error");
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            status switch
            {
                401 => "authentication_error",
                429 => "rate_limit_error",
                >= 500 => "server_error",
                _ => "invalid_request_error",
            },
            error.GetProperty("type").GetString());
        Assert.Equal(code ?? (status == 401 ? "invalid_api_key" : null), error.GetProperty("code").GetString());
        Assert.NotNull(reply[RequestIdHeader]);
        Assert.Null(reply["x-amzn-requestid"]);
    }

    private static string Object(string status, string output, string usage) =>
        Head.Replace("STATUS", status, StringComparison.Ordinal) + output
        + $$$""","parallel_tool_calls":true,"reasoning":{"effort":null,"summary":null},"temperature":""" +
            $$$"""1.0,"text":{"format":{"type":"text"}},"tool_choice":"auto","tools":[],"top_p":1.0,"usage":{{{usage}}},"metadata":{}}""";

    private static string Frame(string name, string data) => $"event: {name}\ndata: {data}\n\n";
}
