namespace Busbar.Admin;

/// <summary>
/// One line of the table of the admin API. A pattern is a literal path with at most one hole: <c>{id}</c> is one segment, <c>{lane}</c> and
/// <c>{path}</c> are one or more, since names of models may have slashes.
/// </summary>
internal sealed class AdminRoute
{
    private readonly string _head;
    private readonly string? _tail;
    private readonly bool _spansSegments;

    /// <summary>A route.</summary>
    public AdminRoute(string method, string pattern, AdminAction action, bool takesBody = false, params string[] query)
    {
        Method = method;
        Pattern = pattern;
        Action = action;
        TakesBody = takesBody;
        Query = query;
        int open = pattern.IndexOf('{');
        int close = pattern.IndexOf('}');
        _head = open < 0 ? pattern : pattern[..open];
        _tail = open < 0 ? null : pattern[(close + 1)..];
        _spansSegments = pattern.Contains("{lane}", StringComparison.Ordinal) || pattern.Contains("{path}", StringComparison.Ordinal);
    }

    /// <summary>The method it answers.</summary>
    public string Method { get; }

    /// <summary>The pattern as written.</summary>
    public string Pattern { get; }

    /// <summary>Where it leads.</summary>
    public AdminAction Action { get; }

    /// <summary>Whether a body means anything to it.</summary>
    public bool TakesBody { get; }

    /// <summary>Names of the query parameters it knows.</summary>
    public IReadOnlyList<string> Query { get; }

    /// <summary>
    /// Whether <paramref name="path"/> (percent-encoded, no query) is of this pattern; <paramref name="hole"/> is what stands in its hole, decoded.
    /// </summary>
    public bool Matches(ReadOnlySpan<char> path, out string hole)
    {
        hole = "";
        if (_tail is null)
        {
            return path.SequenceEqual(_head);
        }

        if (path.Length <= _head.Length + _tail.Length || !path.StartsWith(_head, StringComparison.Ordinal)
            || !path.EndsWith(_tail, StringComparison.Ordinal))
        {
            return false;
        }

        ReadOnlySpan<char> filling = path[_head.Length..^_tail.Length];
        if (!_spansSegments && filling.Contains('/'))
        {
            return false;
        }

        hole = Uri.UnescapeDataString(filling);
        return true;
    }
}
