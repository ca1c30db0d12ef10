using System.Globalization;

namespace Busbar.Observability.Tracing;

/// <summary>A place in a trace, as <c>traceparent</c> carries it (W3C Trace Context).</summary>
/// <param name="TraceId">The trace; not 0.</param>
/// <param name="SpanId">The span; not 0.</param>
/// <param name="IsSampled">Whether whoever made it records the trace.</param>
internal readonly record struct TraceContext(UInt128 TraceId, ulong SpanId, bool IsSampled)
{
    private const int Length = 55;

    /// <summary>Reads a header value of version 00, or what a later version has in common with it. False for anything else.</summary>
    public static bool TryParse(ReadOnlySpan<char> header, out TraceContext context)
    {
        context = default;
        if (header.Length < Length || header[2] != '-' || header[35] != '-' || header[52] != '-'
            || header[..Length].ContainsAnyExcept("0123456789abcdef-")
            || !byte.TryParse(header[..2], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte version)
            || version == 0xff
            || (version == 0 ? header.Length != Length : header.Length > Length && header[Length] != '-')
            || !UInt128.TryParse(header[3..35], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out UInt128 trace)
            || !ulong.TryParse(header[36..52], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong span)
            || !byte.TryParse(header[53..Length], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte flags)
            || trace == 0 || span == 0)
        {
            return false;
        }

        context = new TraceContext(trace, span, (flags & 1) != 0);
        return true;
    }

    /// <summary>The header value.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"00-{TraceId:x32}-{SpanId:x16}-{(IsSampled ? "01" : "00")}");
}
