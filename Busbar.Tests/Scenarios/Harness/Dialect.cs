using System.Net.Http.Headers;

namespace Busbar.Tests.Scenarios;

/// <summary>What a scenario needs to know of a protocol to play its client and its provider.</summary>
internal abstract class Dialect
{
    /// <summary>Those that scenarios run for.</summary>
    public static readonly Dialect[] All = [new OpenAIDialect(), new AnthropicDialect()];

    /// <summary>Name in configurations and metrics.</summary>
    public abstract string Name { get; }

    /// <summary>Path of requests.</summary>
    public abstract string Path { get; }

    /// <summary>The header with the id of a request.</summary>
    public abstract string RequestIdHeader { get; }

    /// <summary>Frames that come before content.</summary>
    public abstract IReadOnlyList<string> Prelude { get; }

    /// <summary>Frames that end a stream.</summary>
    public abstract IReadOnlyList<string> End { get; }

    /// <summary>A provider's in-band report that it is overloaded.</summary>
    public abstract string ErrorEvent { get; }

    /// <summary>A provider's body for a prompt that is too long.</summary>
    public abstract string ContextError { get; }

    /// <summary>The dialect of that name.</summary>
    public static Dialect Of(string name) => All.Single(dialect => dialect.Name == name);

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

    /// <summary>A provider's error body.</summary>
    public abstract string Error(string type, string message);

    /// <summary>Whether a stream ends as a complete one does.</summary>
    public abstract bool EndsCleanly(string stream);

    /// <summary>Whether a stream holds an error event.</summary>
    public abstract bool HasError(string stream);

    /// <summary>Checks an error that the gateway itself wrote: all that this protocol's clients look at.</summary>
    public abstract void IsEnvelope(Reply reply, int status, string? code = null);

    /// <summary>All frames of a short answer.</summary>
    public IEnumerable<string> Stream(string text) => [.. Prelude, First(text), .. End];

    /// <summary>Answers well, in the form that was asked for.</summary>
    public Task ServeAsync(UpstreamCall call, string text = "hello") => call.Request.Text.Contains("\"stream\":true", StringComparison.Ordinal)
        ? call.StreamAsync(Stream(text))
        : call.AnswerAsync(200, Answer(text));

    /// <inheritdoc/>
    public override string ToString() => Name;
}
