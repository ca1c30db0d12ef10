namespace Busbar.Observability.Tracing;

/// <summary>Which side of a call a span describes; the numbers are those of OTLP.</summary>
internal enum SpanKind : byte
{
    /// <summary>A call that was answered.</summary>
    Server = 2,

    /// <summary>A call that was made.</summary>
    Client = 3,
}
