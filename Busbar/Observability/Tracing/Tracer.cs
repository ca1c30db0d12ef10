using Busbar.Configuration.Guards;

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

    /// <summary>Where a collector takes traces: <c>/v1/traces</c> below the configured address, unless that says so already.</summary>
    public static Uri AddressOf(string endpoint)
    {
        var address = new UriBuilder(endpoint);
        string path = address.Path.TrimEnd('/');
        address.Path = path.EndsWith("/v1/traces", StringComparison.Ordinal) ? path : path + "/v1/traces";
        return address.Uri;
    }

    /// <summary>Whether a collector may be at such an address. Without TLS it must be on this machine, whatever its name resolves to.</summary>
    public static bool Allows(Uri address, AddressKind kind) =>
        kind == AddressKind.Loopback || (kind == AddressKind.Public && address.Scheme == Uri.UriSchemeHttps);

    /// <summary>Sends what is queued and ends.</summary>
    public ValueTask DisposeAsync() => exporter.DisposeAsync();
}
