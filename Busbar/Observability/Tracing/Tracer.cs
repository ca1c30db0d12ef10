namespace Busbar.Observability.Tracing;

/// <summary>Begins traces, decides which are recorded, and hands finished spans to the exporter.</summary>
internal sealed class Tracer(SpanExporter exporter, double sampleRatio, Random random, TimeProvider time) : IAsyncDisposable
{
    /// <summary>Longest time of one export.</summary>
    public static readonly TimeSpan ExportLimit = TimeSpan.FromSeconds(10);

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>
    /// A new span below <paramref name="parent"/>, recorded if the parent is; without a parent in a new trace, which is recorded with the configured
    /// probability.
    /// </summary>
    public TraceContext Begin(TraceContext? parent)
    {
        if (parent is { } caller)
        {
            return caller with { SpanId = NewSpanId() };
        }

        bool isSampled = sampleRatio >= 1 || random.NextDouble() < sampleRatio;
        return new TraceContext(new UInt128(NewSpanId(), NewSpanId()), NewSpanId(), isSampled);
    }

    /// <summary>An id that is not 0.</summary>
    public ulong NewSpanId()
    {
        ulong id;
        do
        {
            id = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
        }
        while (id == 0);
        return id;
    }

    /// <summary>Takes a finished span.</summary>
    public void Finished(Span span) => exporter.Add(span);

    /// <summary>Sends what is queued and ends.</summary>
    public ValueTask DisposeAsync() => exporter.DisposeAsync();
}
