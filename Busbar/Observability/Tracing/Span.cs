namespace Busbar.Observability.Tracing;

/// <summary>
/// One finished piece of work. Whoever makes it must take names and values from configuration, fixed words and counts: never from what a client or a
/// model wrote.
/// </summary>
internal sealed class Span
{
    private readonly List<SpanAttribute> _attributes = new(20);

    /// <summary>What was done, such as <c>chat smart</c>.</summary>
    public required string Name { get; init; }

    /// <summary>Which side it describes.</summary>
    public required SpanKind Kind { get; init; }

    /// <summary>Trace and own id.</summary>
    public required TraceContext Context { get; init; }

    /// <summary>The span it belongs to; 0 for none.</summary>
    public ulong Parent { get; init; }

    /// <summary>Whether the parent is in another process.</summary>
    public bool ParentIsRemote { get; init; }

    /// <summary>The caller's <c>tracestate</c>; null for none.</summary>
    public string? State { get; init; }

    /// <summary>Begin, Unix nanoseconds.</summary>
    public required long Start { get; init; }

    /// <summary>End, Unix nanoseconds.</summary>
    public required long End { get; init; }

    /// <summary>Whether it failed through the fault of whoever answered.</summary>
    public bool HasFailed { get; init; }

    /// <summary>What is known about it.</summary>
    public IReadOnlyList<SpanAttribute> Attributes => _attributes;

    /// <summary>Adds a word; null adds nothing.</summary>
    public Span With(string key, string? text)
    {
        if (text is not null)
        {
            _attributes.Add(new SpanAttribute(key, text, 0));
        }

        return this;
    }

    /// <summary>Adds a number; null adds nothing.</summary>
    public Span With(string key, long? number)
    {
        if (number is { } value)
        {
            _attributes.Add(new SpanAttribute(key, null, value));
        }

        return this;
    }
}
