using Busbar.Ir;

namespace Busbar.Gateway;

/// <summary>
/// One line of the route table. A pattern is a literal path, or a literal with <c>{model}</c> in it (one or more segments). Patterns of client
/// dialects also match behind a leading <c>/{name}</c>, which then names the model or pool instead of path or body.
/// </summary>
internal sealed class Route
{
    private const string ModelHole = "{model}";

    private readonly string _head;
    private readonly string _tail;
    private readonly bool _hasModel;
    private readonly bool _takesName;

    /// <summary>A route; <paramref name="protocol"/> null for the product's own endpoints.</summary>
    public Route(string method, string pattern, Endpoint endpoint, ProtocolId? protocol = null, bool streams = false)
    {
        Method = method;
        Endpoint = endpoint;
        Protocol = protocol;
        Streams = streams;
        _takesName = protocol is not null;
        int hole = pattern.IndexOf(ModelHole, StringComparison.Ordinal);
        _hasModel = hole >= 0;
        _head = _hasModel ? pattern[..hole] : pattern;
        _tail = _hasModel ? pattern[(hole + ModelHole.Length)..] : "";
    }

    /// <summary>The method it answers.</summary>
    public string Method { get; }

    /// <summary>Where it leads.</summary>
    public Endpoint Endpoint { get; }

    /// <summary>The dialect it speaks; null for the product's own endpoints.</summary>
    public ProtocolId? Protocol { get; }

    /// <summary>The path itself asks for a stream (Gemini, Bedrock).</summary>
    public bool Streams { get; }

    /// <summary>Whether the raw <paramref name="path"/> (still percent-encoded, no query) is of this pattern, whatever the method.</summary>
    public bool Matches(ReadOnlySpan<char> path, out Range name, out Range model)
    {
        name = model = default;
        if (_hasModel)
        {
            int head = path.IndexOf(_head, StringComparison.Ordinal);
            if (head < 0 || (head > 0 && !_takesName) || !path.EndsWith(_tail, StringComparison.Ordinal))
            {
                return false;
            }

            int start = head + _head.Length;
            int end = path.Length - _tail.Length;
            name = head > 1 ? 1..head : default;
            model = start..Math.Max(start, end);
            return end > start;
        }

        if (!path.EndsWith(_head, StringComparison.Ordinal))
        {
            return false;
        }

        int prefix = path.Length - _head.Length;
        name = prefix > 1 ? 1..prefix : default;
        return prefix == 0 || (_takesName && prefix > 1);
    }
}
