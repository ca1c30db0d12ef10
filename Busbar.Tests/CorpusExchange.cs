using Busbar.Ir;

namespace Busbar.Tests;

/// <summary>
/// One recorded exchange. <see cref="ResponseBody"/> is what came over the wire: SSE text, event-stream bytes, or JSON (re-serialised by the
/// recorder). <see cref="Request"/> is null where only the response was kept.
/// </summary>
internal sealed record CorpusExchange(
    string Id,
    ProtocolId Protocol,
    string Model,
    int Status,
    bool Streaming,
    string Fidelity,
    IReadOnlyList<string> Tags,
    CorpusRequest? Request,
    IReadOnlyDictionary<string, string> ResponseHeaders,
    string ContentType,
    ReadOnlyMemory<byte> ResponseBody)
{
    /// <summary>The media type without parameters.</summary>
    public string MediaType => ContentType.Split(';')[0].Trim();

    /// <summary>The response is an SSE stream.</summary>
    public bool IsSse => MediaType == "text/event-stream";

    /// <summary>The response is an AWS event stream.</summary>
    public bool IsEventStream => MediaType == "application/vnd.amazon.eventstream";

    /// <summary>The response is a streamed JSON array (Gemini without <c>alt=sse</c>).</summary>
    public bool IsJsonArray => Streaming && Status == 200 && MediaType == "application/json"
        && ResponseBody.Span.TrimStart(" \r\n\t"u8).StartsWith("["u8);

    /// <summary>The response is a 200 with one JSON object.</summary>
    public bool IsUnaryAnswer => Status == 200 && !Streaming && MediaType is "application/json" or "text/plain";

    /// <summary>Frames were rebuilt or edited by hand, so the framing proves nothing.</summary>
    public bool IsReserialised => Fidelity == "reserialised" || Tags.Contains("mock");

    /// <inheritdoc/>
    public override string ToString() => Id;
}
