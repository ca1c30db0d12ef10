namespace Busbar.Observability.Tracing;

/// <summary>
/// Spans as one <c>ExportTraceServiceRequest</c>. Field numbers are those of opentelemetry-proto 1.x (<c>collector/trace/v1/trace_service.proto</c>,
/// <c>trace/v1/trace.proto</c>, <c>common/v1/common.proto</c>).
/// </summary>
internal sealed class SpanBatch
{
    // Span.flags: whether the parent is remote is known, and it is.
    private const uint RemoteIsKnown = 0x100;
    private const uint IsRemote = 0x200;

    private readonly ProtoWriter _writer = new();
    private readonly string _instance = Guid.NewGuid().ToString();
    private int _resourceSpans;
    private int _scopeSpans;

    /// <summary>How many spans it holds.</summary>
    public int Count { get; private set; }

    /// <summary>Begins an empty batch.</summary>
    public void Begin()
    {
        Count = 0;
        _writer.Clear();
        _resourceSpans = _writer.Open(1);
        int resource = _writer.Open(1);
        Attribute(1, new SpanAttribute("service.name", "busbar", 0));
        Attribute(1, new SpanAttribute("service.version", ProductVersion.Text, 0));
        Attribute(1, new SpanAttribute("service.instance.id", _instance, 0));
        _writer.Close(resource);
        _scopeSpans = _writer.Open(2);
        int scope = _writer.Open(1);
        _writer.Text(1, "busbar");
        _writer.Text(2, ProductVersion.Text);
        _writer.Close(scope);
    }

    /// <summary>Adds a span.</summary>
    public void Add(Span span)
    {
        int start = _writer.Open(2);
        _writer.Id(1, span.Context.TraceId);
        _writer.Id(2, span.Context.SpanId);
        if (span.State is not null)
        {
            _writer.Text(3, span.State);
        }

        if (span.Parent != 0)
        {
            _writer.Id(4, span.Parent);
        }

        _writer.Text(5, span.Name);
        _writer.Number(6, (long)span.Kind);
        _writer.Fixed64(7, span.Start);
        _writer.Fixed64(8, span.End);
        foreach (SpanAttribute attribute in span.Attributes)
        {
            Attribute(9, attribute);
        }

        if (span.HasFailed)
        {
            int status = _writer.Open(15);
            _writer.Number(3, 2);
            _writer.Close(status);
        }

        _writer.Fixed32(16, (span.Context.IsSampled ? 1u : 0) | RemoteIsKnown | (span.ParentIsRemote ? IsRemote : 0));
        _writer.Close(start);
        Count++;
    }

    /// <summary>Ends the batch; its bytes, valid until the next <see cref="Begin"/>.</summary>
    public ReadOnlyMemory<byte> End()
    {
        _writer.Close(_scopeSpans);
        _writer.Close(_resourceSpans);
        return _writer.Written;
    }

    private void Attribute(int field, in SpanAttribute attribute)
    {
        int pair = _writer.Open(field);
        _writer.Text(1, attribute.Key);
        int value = _writer.Open(2);
        if (attribute.Text is not null)
        {
            _writer.Text(1, attribute.Text);
        }
        else
        {
            _writer.Number(3, attribute.Number);
        }

        _writer.Close(value);
        _writer.Close(pair);
    }
}
