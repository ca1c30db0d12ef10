using Busbar.Wire.Json;

namespace Busbar.Wire.Framing;

/// <summary>One event of a stream, whatever the framing. The slices are valid until the framer that produced it is fed again.</summary>
/// <param name="Name">SSE <c>event:</c> field or event-stream <c>:event-type</c> (for an exception frame its bare type, first letter lower case);
/// empty when there is none.</param>
/// <param name="Data">SSE data (lines joined by LF) or event-stream payload.</param>
/// <param name="IsException">An event-stream exception or error frame.</param>
internal readonly record struct Frame(ReadOnlyMemory<byte> Name, ReadOnlyMemory<byte> Data, bool IsException = false)
{
    /// <summary>Whether the event is called <paramref name="name"/>.</summary>
    public bool Is(ReadOnlySpan<byte> name) => Name.Span.SequenceEqual(name);
}
