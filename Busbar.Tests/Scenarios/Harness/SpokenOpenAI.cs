using System.Net.Http.Headers;
using System.Text.Json;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>Chat Completions.</summary>
internal sealed class SpokenOpenAI : SpokenProtocol
{
    private const string Chunk =
        """data: {"id":"chatcmpl-1","object":"chat.completion.chunk","created":1700000000,"model":"wire","choices":[{"index":0,"delta":""";

    public override string Name => "openai";

    public override string RequestIdHeader => "x-request-id";

    public override IReadOnlyList<string> Prelude => [Chunk + """{"role":"assistant","content":""},"finish_reason":null}]}""" + "\n\n"];

    public override IReadOnlyList<string> End => [Chunk + """{},"finish_reason":"stop"}]}""" + "\n\n", "data: [DONE]\n\n"];

    public override int TerminalAt => 0;

    public override string ErrorEvent => """data: {"error":{"message":"The server had an error.","type":"server_error","param":null,"code":null}}"""
        + "\n\n";

    public override string ContextError =>
        """{"error":{"message":"This model's maximum context length is 8192 """ +
            """tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}""";

    public override string PathOf(string model, bool stream) => "/v1/chat/completions";

    public override void Authorize(HttpRequestHeaders headers, string token) => headers.TryAddWithoutValidation("Authorization", "Bearer " + token);

    public override string? CredentialOf(UpstreamRequest request) => request["Authorization"]?["Bearer ".Length..];

    public override string Request(string model, bool stream, string prompt) =>
        $$"""{"model":"{{model}}","messages":[{"role":"user","content":"{{prompt}}"}]{{(stream ? ",\"stream\":true" : "")}}}""";

    public override string Answer(string text) =>
        ("""{"id":"chatcmpl-1","object":"chat.completion","created":1700000000,"model":"wire","choices":[{"index":0,"message":""" +
            """{"role":"assistant","content":"TEXT","refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":""" +
            """5,"completion_tokens":2,"total_tokens":7}}""")
            .Replace("TEXT", text, StringComparison.Ordinal);

    public override string First(string text) => More(text);

    public override string More(string text) => Chunk + $$$"""{"content":"{{{text}}}"},"finish_reason":null}]}""" + "\n\n";

    public override string Error(string type, string message)
        => $$$"""{"error":{"message":"{{{message}}}","type":"{{{type}}}","param":null,"code":null}}""";

    public override bool EndsCleanly(string stream) => stream.EndsWith("data: [DONE]\n\n", StringComparison.Ordinal) && !HasError(stream);

    public override bool HasError(string stream) => stream.Contains("data: {\"error\":{", StringComparison.Ordinal);

    public override string MessageOf(Reply reply) => reply.Json.GetProperty("error").GetProperty("message").GetString()!;

    protected override void HasShape(Reply reply, int status, string? code)
    {
        JsonElement error = reply.Json.GetProperty("error");
        Assert.Equal(["error"], reply.Json.EnumerateObject().Select(member => member.Name));
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(member => member.Name));
        Assert.Equal(
            status switch
            {
                401 => "authentication_error",
                403 => "permission_error",
                429 => "rate_limit_error",
                503 or 504 => "server_error",
                >= 500 => "api_error",
                _ => "invalid_request_error",
            },
            error.GetProperty("type").GetString());
        Assert.Equal(code ?? (status == 401 ? "invalid_api_key" : null), error.GetProperty("code").GetString());
        Assert.NotNull(reply[RequestIdHeader]);
        Assert.Null(reply["x-amzn-requestid"]);
    }
}
