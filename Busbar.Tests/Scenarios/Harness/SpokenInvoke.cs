using System.Net.Http.Headers;
using System.Text;
using System.Text.RegularExpressions;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>Claude on Bedrock by InvokeModel: Messages in chunks of an event stream, Bedrock's errors.</summary>
internal sealed partial class SpokenInvoke : SpokenProtocol
{
    private static readonly SpokenAnthropic Messages = new();
    private static readonly SpokenBedrock Service = new();

    public override string Name => "bedrock-invoke";

    public override string Provider => "anthropic, platform: bedrock-invoke, region: eu-central-1";

    public override bool ModelInPath => true;

    public override string? RequestIdHeader => Service.RequestIdHeader;

    public override string StreamContentType => Service.StreamContentType;

    public override IReadOnlyList<string> Prelude => [.. Messages.Prelude.Select(Chunk)];

    public override IReadOnlyList<string> End => [.. Messages.End.Select(Chunk)];

    public override string ErrorEvent => Service.ErrorEvent;

    public override string ContextError => Service.ContextError;

    public override string PathOf(string model, bool stream) => $"/model/{model}/{(stream ? "invoke-with-response-stream" : "invoke")}";

    public override bool IsStream(UpstreamRequest request) => request.Path.EndsWith("/invoke-with-response-stream", StringComparison.Ordinal);

    public override void Authorize(HttpRequestHeaders headers, string token) => Service.Authorize(headers, token);

    public override string? CredentialOf(UpstreamRequest request) => Service.CredentialOf(request);

    public override string Request(string model, bool stream, string prompt = "canary-prompt: say hello.") =>
        $$"""{"anthropic_version":"bedrock-2023-05-31","max_tokens":64,"messages":[{"role":"user","content":"{{prompt}}"}]}""";

    public override string Answer(string text) => Messages.Answer(text);

    public override string First(string text) => string.Concat(
        Messages.First(text).Split("\n\n", StringSplitOptions.RemoveEmptyEntries).Select(Chunk));

    public override string More(string text) => Chunk(Messages.More(text));

    public override string Error(string type, string message) => Service.Error(type, message);

    public override bool EndsCleanly(string stream) => EventsOf(stream).EndsWith("event: message_stop\n", StringComparison.Ordinal)
        && !HasError(stream);

    public override bool HasError(string stream) => Service.HasError(stream);

    public override int StatusOf(int status) => Service.StatusOf(status);

    public override string MessageOf(Reply reply) => Service.MessageOf(reply);

    protected override void HasShape(Reply reply, int status, string? code) => Service.IsEnvelope(reply, status, code);

    /// <summary>One chunk with the data of a server-sent event.</summary>
    public static string Chunk(string sse)
    {
        string json = sse[(sse.IndexOf("\ndata: ", StringComparison.Ordinal) + "\ndata: ".Length)..].TrimEnd();
        return SpokenBedrock.Frame("chunk", $$"""{"bytes":"{{Convert.ToBase64String(Encoding.UTF8.GetBytes(json))}}","p":"abcdef"}""");
    }

    /// <summary>The events of a stream in their order, each with its name and data.</summary>
    public static IReadOnlyList<string> JsonOf(string stream) =>
        [.. Bytes().Matches(stream).Select(match => Encoding.UTF8.GetString(Convert.FromBase64String(match.Groups[1].Value)))];

    private static string EventsOf(string stream) => string.Concat(JsonOf(stream).Select(json => $"event: {Type().Match(json).Groups[1].Value}\n"));

    [GeneratedRegex("\"bytes\":\"([^\"]*)\"")]
    private static partial Regex Bytes();

    [GeneratedRegex("\"type\":\"(\\w+)\"")]
    private static partial Regex Type();
}
