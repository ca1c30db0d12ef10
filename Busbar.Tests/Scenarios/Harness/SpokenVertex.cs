using System.Net.Http.Headers;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>Claude on Vertex AI: Messages at Google's paths.</summary>
internal class SpokenVertex : SpokenProtocol
{
    /// <summary>What stands in front of a model in its paths.</summary>
    public const string Models = "/v1/projects/acme-1/locations/us-east5/publishers/anthropic/models/";

    protected static readonly SpokenAnthropic Messages = new();

    public override string Name => "vertex";

    public override string Provider => "anthropic, platform: vertex, project: acme-1, location: us-east5";

    public override bool ModelInPath => true;

    public override string? RequestIdHeader => "request-id";

    public override IReadOnlyList<string> Prelude => Messages.Prelude;

    public override IReadOnlyList<string> End => Messages.End;

    public override string ErrorEvent => Messages.ErrorEvent;

    public override string ContextError => Messages.ContextError;

    public override string PathOf(string model, bool stream) => $"{Models}{model}:{(stream ? "streamRawPredict" : "rawPredict")}";

    public override void Authorize(HttpRequestHeaders headers, string token) => headers.TryAddWithoutValidation("Authorization", "Bearer " + token);

    public override string? CredentialOf(UpstreamRequest request) => request["Authorization"]?["Bearer ".Length..];

    public override string Request(string model, bool stream, string prompt = "canary-prompt: say hello.") =>
        $$"""{"anthropic_version":"vertex-2023-10-16","max_tokens":64,"messages":""" +
            $$"""[{"role":"user","content":"{{prompt}}"}]{{(stream ? ",\"stream\":true" : "")}}}""";

    public override string Answer(string text) => Messages.Answer(text);

    public override string First(string text) => Messages.First(text);

    public override string More(string text) => Messages.More(text);

    public override string Error(string type, string message) => Messages.Error(type, message);

    public override bool EndsCleanly(string stream) => Messages.EndsCleanly(stream);

    public override bool HasError(string stream) => Messages.HasError(stream);

    public override string MessageOf(Reply reply) => Messages.MessageOf(reply);

    protected override void HasShape(Reply reply, int status, string? code) => Messages.IsEnvelope(reply, status, code);
}
