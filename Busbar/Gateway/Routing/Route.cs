using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Gateway.Routing;

/// <summary>
/// One line of the route table. A pattern is a literal path that may begin with <c>{v}</c> (one of <see cref="Versions"/>, or nothing), go on with
/// <c>{google}</c> or <c>{anthropic}</c> (the publisher at Vertex AI, with project and location in front or without; the first may be left out), and
/// have <c>{model}</c> in it (one or more segments). Patterns of client protocols also match behind a leading <c>/{name}</c>, which then names the
/// model or pool instead of path or body.
/// </summary>
internal sealed class Route
{
    /// <summary>The API versions that Gemini clients put in front of a path.</summary>
    public static readonly string[] Versions = ["/v1beta", "/v1", "/v1alpha", "/v1beta1"];

    private const string VersionHole = "{v}";
    private const string ModelHole = "{model}";

    private const string GoogleHole = "{google}";
    private const string AnthropicHole = "{anthropic}";

    private readonly string _head;
    private readonly string _tail;
    private readonly bool _hasVersion;
    private readonly bool _hasModel;
    private readonly string? _publisher;

    /// <summary>A route; <paramref name="protocol"/> null for the product's own endpoints.</summary>
    public Route(
        string method,
        string pattern,
        GatewayEndpoint endpoint,
        ProtocolId? protocol = null,
        Operation operation = Operation.Chat,
        bool streams = false,
        Platform platform = Platform.None)
    {
        Method = method;
        Pattern = pattern;
        Endpoint = endpoint;
        Protocol = protocol;
        Operation = operation;
        Streams = streams;
        Platform = platform;
        _hasVersion = pattern.StartsWith(VersionHole, StringComparison.Ordinal);
        string literal = _hasVersion ? pattern[VersionHole.Length..] : pattern;
        _publisher = literal.StartsWith(GoogleHole, StringComparison.Ordinal) ? GoogleHole
            : literal.StartsWith(AnthropicHole, StringComparison.Ordinal) ? AnthropicHole : null;
        literal = literal[(_publisher?.Length ?? 0)..];
        int hole = literal.IndexOf(ModelHole, StringComparison.Ordinal);
        _hasModel = hole >= 0;
        _head = _hasModel ? literal[..hole] : literal;
        _tail = _hasModel ? literal[(hole + ModelHole.Length)..] : "";
    }

    /// <summary>The method it answers.</summary>
    public string Method { get; }

    /// <summary>The pattern as written.</summary>
    public string Pattern { get; }

    /// <summary>Where it leads.</summary>
    public GatewayEndpoint Endpoint { get; }

    /// <summary>The protocol it speaks, unless headers decide; null for the product's own endpoints.</summary>
    public ProtocolId? Protocol { get; }

    /// <summary>What it asks of a model.</summary>
    public Operation Operation { get; }

    /// <summary>The path itself asks for a stream (Gemini, Bedrock).</summary>
    public bool Streams { get; }

    /// <summary>The cloud whose paths these are; that of a path with a publisher is Vertex AI in any case.</summary>
    public Platform Platform { get; }

    /// <summary>Whether the raw <paramref name="path"/> (still percent-encoded, no query) is of this pattern, whatever the method.</summary>
    public bool Matches(ReadOnlySpan<char> path, out Range name, out Range model, out string? version, out bool isPublished)
    {
        name = model = default;
        version = null;
        isPublished = false;
        if (!path.EndsWith(_hasModel ? _tail : _head, StringComparison.Ordinal))
        {
            return false;
        }

        int start = path.Length - _head.Length;
        if (_hasModel)
        {
            start = path.IndexOf(_head, StringComparison.Ordinal);
            int end = path.Length - _tail.Length;
            if (start < 0 || end <= start + _head.Length)
            {
                return false;
            }

            model = (start + _head.Length)..end;
        }

        if (_publisher is not null)
        {
            int before = VertexPath.Before(path[..start], _publisher == GoogleHole ? "google" : "anthropic");
            isPublished = before >= 0;
            if (!isPublished && _publisher == AnthropicHole)
            {
                return false;
            }

            start = isPublished ? before : start;
        }

        if (_hasVersion)
        {
            version = VersionBefore(path[..start]);
            start -= version?.Length ?? 0;
        }

        name = start > 1 ? 1..start : default;
        return start == 0 || (start > 1 && Protocol is not null);
    }

    private static string? VersionBefore(ReadOnlySpan<char> path)
    {
        foreach (string version in Versions)
        {
            if (path.EndsWith(version, StringComparison.Ordinal))
            {
                return version;
            }
        }

        return null;
    }
}
