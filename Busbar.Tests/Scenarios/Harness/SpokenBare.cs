using System.Net.Http.Headers;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>A protocol of which a scenario needs the name, and plays client and provider itself.</summary>
internal sealed class SpokenBare(string name) : SpokenProtocol
{
    public override string Name => name;

    public override string? RequestIdHeader => throw Unplayed();

    public override IReadOnlyList<string> Prelude => throw Unplayed();

    public override IReadOnlyList<string> End => throw Unplayed();

    public override string ErrorEvent => throw Unplayed();

    public override string ContextError => throw Unplayed();

    public override string PathOf(string model, bool stream) => throw Unplayed();

    public override void Authorize(HttpRequestHeaders headers, string token) => throw Unplayed();

    public override string? CredentialOf(UpstreamRequest request) => throw Unplayed();

    public override string Request(string model, bool stream, string prompt = "Say hello.") => throw Unplayed();

    public override string Answer(string text) => throw Unplayed();

    public override string First(string text) => throw Unplayed();

    public override string More(string text) => throw Unplayed();

    public override string Error(string type, string message) => throw Unplayed();

    public override bool EndsCleanly(string stream) => throw Unplayed();

    public override bool HasError(string stream) => throw Unplayed();

    public override string MessageOf(Reply reply) => throw Unplayed();

    protected override void HasShape(Reply reply, int status, string? code) => throw Unplayed();

    private NotSupportedException Unplayed() => new($"Nobody plays {name} here.");
}
