using System.Net.Http.Headers;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>What a scenario needs to know of a protocol to play its client and its provider.</summary>
internal abstract class SpokenProtocol
{
    /// <summary>Those that scenarios run for.</summary>
    public static readonly SpokenProtocol[] All =
        [new SpokenOpenAI(), new SpokenAnthropic(), new SpokenGemini(), new SpokenBedrock(), new SpokenResponses(), new SpokenCohere()];

    /// <summary>Name in configurations and metrics.</summary>
    public abstract string Name { get; }

    /// <summary>What a provider's <c>protocol</c> says in a configuration, with the keys that go with it.</summary>
    public virtual string Provider => Name;

    /// <summary>Whether requests name the model in their path, and whether they stream too.</summary>
    public virtual bool ModelInPath => false;

    /// <summary>Path of plain requests to the scenario's pool.</summary>
    public string Path => PathOf(Scene.Pool, stream: false);

    /// <summary>The header with the id of a request; null where the protocol has none.</summary>
    public abstract string? RequestIdHeader { get; }

    /// <summary>Content type of streams.</summary>
    public virtual string StreamContentType => "text/event-stream";

    /// <summary>Frames that come before content.</summary>
    public abstract IReadOnlyList<string> Prelude { get; }

    /// <summary>Frames that end a stream.</summary>
    public abstract IReadOnlyList<string> End { get; }

    /// <summary>Which frame of <see cref="End"/> makes a stream complete.</summary>
    public virtual int TerminalAt => End.Count - 1;

    /// <summary>A provider's in-band report that it is overloaded.</summary>
    public abstract string ErrorEvent { get; }

    /// <summary>A provider's body for a prompt that is too long.</summary>
    public abstract string ContextError { get; }

    /// <summary>The protocol of that name.</summary>
    public static SpokenProtocol Of(string name) => All.Single(spoken => spoken.Name == name);

    /// <summary>Path and query of requests.</summary>
    public abstract string PathOf(string model, bool stream);

    /// <summary>Whether a request that reached a provider asks for a stream.</summary>
    public virtual bool IsStream(UpstreamRequest request) => request.Text.Contains("\"stream\":true", StringComparison.Ordinal);

    /// <summary>Presents a credential as this protocol's own clients do.</summary>
    public abstract void Authorize(HttpRequestHeaders headers, string token);

    /// <summary>The credential of a request that reached a provider.</summary>
    public abstract string? CredentialOf(UpstreamRequest request);

    /// <summary>A request body.</summary>
    public abstract string Request(string model, bool stream, string prompt = "canary-prompt: say hello.");

    /// <summary>A whole answer.</summary>
    public abstract string Answer(string text);

    /// <summary>The first frame with content.</summary>
    public abstract string First(string text);

    /// <summary>Another frame with content.</summary>
    public abstract string More(string text);

    /// <summary>Begins a provider's stream, up to its first frame with content.</summary>
    public async Task BeginAsync(UpstreamCall call, string text)
    {
        await call.BeginAsync();
        await call.ChunkAsync(string.Concat(Prelude) + First(text));
    }

    /// <summary>A provider's error body.</summary>
    public abstract string Error(string type, string message);

    /// <summary>Whether a stream ends as a complete one does.</summary>
    public abstract bool EndsCleanly(string stream);

    /// <summary>Whether a stream holds an error event.</summary>
    public abstract bool HasError(string stream);

    /// <summary>The status this protocol has for what HTTP calls <paramref name="status"/>.</summary>
    public virtual int StatusOf(int status) => status;

    /// <summary>What an error answer says.</summary>
    public abstract string MessageOf(Reply reply);

    /// <summary>Checks an error that the gateway itself wrote: all that this protocol's clients look at.</summary>
    /// <param name="reply">The answer.</param>
    /// <param name="status">What happened, as an HTTP status; the protocol's own for it may differ.</param>
    /// <param name="code">The code of protocols that have codes.</param>
    public void IsEnvelope(Reply reply, int status, string? code = null)
    {
        Assert.Equal((StatusOf(status), "application/json"), (reply.Status, reply["Content-Type"]));
        Assert.NotEmpty(MessageOf(reply));
        HasShape(reply, status, code);
    }

    /// <summary>All frames of a short answer.</summary>
    public IEnumerable<string> Stream(string text) => [.. Prelude, First(text), .. End];

    /// <summary>Answers well, in the form that was asked for.</summary>
    public Task ServeAsync(UpstreamCall call, string text = "hello") => IsStream(call.Request)
        ? call.StreamAsync(Stream(text))
        : call.AnswerAsync(200, Answer(text));

    /// <inheritdoc/>
    public override string ToString() => Name;

    /// <summary>Checks body and headers of an error.</summary>
    protected abstract void HasShape(Reply reply, int status, string? code);
}
