using System.Net.Http.Headers;
using System.Text.Json;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>Messages.</summary>
internal sealed class SpokenAnthropic : SpokenProtocol
{
    public override string Name => "anthropic";

    public override string RequestIdHeader => "request-id";

    public override IReadOnlyList<string> Prelude =>
    [
        Frame("message_start",
            """{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"wire","content":[],"stop_reason":""" +
            """null,"stop_sequence":null,"usage":{"input_tokens":5,"output_tokens":1}}}"""),
        Frame("ping", """{"type": "ping"}"""),
    ];

    public override IReadOnlyList<string> End =>
    [
        Frame("content_block_stop", """{"type":"content_block_stop","index":0}"""),
        Frame("message_delta", """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}"""),
        Frame("message_stop", """{"type":"message_stop"}"""),
    ];

    public override string ErrorEvent => Frame("error", """{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}""");

    public override string ContextError =>
        """{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 210000 tokens > 200000 """ +
            """maximum"},"request_id":"req_1"}""";

    public override string PathOf(string model, bool stream) => "/v1/messages";

    public override void Authorize(HttpRequestHeaders headers, string token)
    {
        headers.TryAddWithoutValidation("x-api-key", token);
        headers.TryAddWithoutValidation("anthropic-version", "2023-06-01");
    }

    public override string? CredentialOf(UpstreamRequest request) => request["x-api-key"];

    public override string Request(string model, bool stream, string prompt) =>
        $$"""{"model":"{{model}}","max_tokens":64,"messages":[{"role":"user","content":"{{prompt}}"}]{{(stream ? ",\"stream\":true" : "")}}}""";

    public override string Answer(string text) =>
        $$$"""{"id":"msg_1","type":"message","role":"assistant","model":"wire","content":""" +
            $$$"""[{"type":"text","text":"{{{text}}}"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":""" +
            """5,"output_tokens":2}}""";

    public override string First(string text) =>
        Frame("content_block_start", """{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}""") + More(text);

    public override string More(string text) =>
        Frame("content_block_delta", $$$"""{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"{{{text}}}"}}""");

    public override string Error(string type, string message)
        => $$$"""{"type":"error","error":{"type":"{{{type}}}","message":"{{{message}}}"},"request_id":"req_1"}""";

    public override bool EndsCleanly(string stream) => stream.Contains("event: message_stop\n", StringComparison.Ordinal) && !HasError(stream);

    public override bool HasError(string stream) => stream.Contains("event: error\n", StringComparison.Ordinal);

    public override string MessageOf(Reply reply) => reply.Json.GetProperty("error").GetProperty("message").GetString()!;

    protected override void HasShape(Reply reply, int status, string? code)
    {
        JsonElement body = reply.Json;
        Assert.Equal(["type", "error", "request_id"], body.EnumerateObject().Select(member => member.Name));
        Assert.Equal("error", body.GetProperty("type").GetString());
        JsonElement error = body.GetProperty("error");
        Assert.Equal(["type", "message"], error.EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            status switch
            {
                401 => "authentication_error",
                404 => "not_found_error",
                409 => "conflict_error",
                413 => "request_too_large",
                429 => "rate_limit_error",
                // Made here, and no overload of the vendor's.
                503 => "api_error",
                529 => "overloaded_error",
                504 => "timeout_error",
                >= 500 => "api_error",
                _ => "invalid_request_error",
            },
            error.GetProperty("type").GetString());
        Assert.StartsWith("req_", body.GetProperty("request_id").GetString(), StringComparison.Ordinal);
        Assert.Equal(body.GetProperty("request_id").GetString(), reply[RequestIdHeader]);
        Assert.Null(reply["x-amzn-requestid"]);
    }

    private static string Frame(string name, string data) => $"event: {name}\ndata: {data}\n\n";
}
