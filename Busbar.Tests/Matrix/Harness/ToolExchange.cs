using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>One translated request, what its provider was offered, and answers in which the provider calls one of the tools.</summary>
internal sealed class ToolExchange : IDisposable
{
    private readonly Protocol _ingress;
    private readonly Protocol _egress;
    private readonly TranslationContext _context;
    private readonly PooledBuffer _sent = new();

    public ToolExchange(ProtocolId ingress, ProtocolId egress, string body)
    {
        (_ingress, _egress) = (ProtocolTable.Get(ingress), ProtocolTable.Get(egress));
        EgressTarget target = Hop.Target(egress);
        _context = new TranslationContext(ingress, egress, target);
        using ChatRequest request = ChatRequest.Rent();
        Refusal = RequestTranslation.Translate(Encoding.UTF8.GetBytes(body), JsonText.From("m"), false, _ingress, _egress, target, _context, request,
            _sent);
        if (Refusal is null)
        {
            Sent = Encoding.UTF8.GetString(_sent.Span);
            using JsonDocument said = JsonDocument.Parse(body);
            using JsonDocument sent = JsonDocument.Parse(Sent);
            Assert.True(!_context.Losses.IsEmpty || Scalars.Missing(said.RootElement, sent.RootElement) is [],
                string.Join('\n', Scalars.Missing(said.RootElement, sent.RootElement)));
            Assert.Null(_egress.ReadRequest(_sent.Span.ToArray(), target.WireModelText, false, Arrived));
        }
    }

    /// <summary>What the client is told instead; null when the request could be translated.</summary>
    public GatewayError? Refusal { get; }

    /// <summary>The provider's request.</summary>
    public string Sent { get; } = "";

    /// <summary>The same, read back.</summary>
    public ChatRequest Arrived { get; } = ChatRequest.Rent();

    /// <summary>Names of the tools on offer.</summary>
    public IReadOnlyList<string> Offered => [.. Arrived.Tools.Where(static tool => tool.Kind != ToolKind.Hosted)
        .Select(static tool => tool.Name.ToString())];

    /// <summary>Names of the calls in the history.</summary>
    public IReadOnlyList<string> Called => [.. Blocks.Where(static block => block.Kind == BlockKind.ToolUse)
        .Select(static block => block.Name.ToString())];

    /// <summary>All blocks of the conversation.</summary>
    public IEnumerable<Block> Blocks => Arrived.Messages.SelectMany(static message => message.Blocks);

    /// <summary>What was lost so far.</summary>
    public IReadOnlyList<LossField> Losses => Hop.Fields(_context.Losses);

    /// <summary>The client's answer when the provider calls <paramref name="tool"/>.</summary>
    public JsonElement Answer(string tool, string arguments)
    {
        using ChatResponse call = Call(tool, arguments);
        using var native = new PooledBuffer();
        Losses none = default;
        _egress.WriteResponse(call, Hop.Identity(_egress, _egress.Id), new JsonWriter(native), ref none);
        using ChatResponse scratch = ChatResponse.Rent();
        using var output = new PooledBuffer();
        Assert.True(ResponseTranslation.Translate(native.Span.ToArray(), _egress, _ingress, _context, Hop.Identity(_ingress, _egress.Id), scratch,
            output));
        Assert.Null(scratch.Failure);
        return JsonDocument.Parse(output.Span.ToArray()).RootElement;
    }

    /// <summary>The client's stream for the same, as the JSON of its events.</summary>
    public IReadOnlyList<JsonElement> Stream(string tool, string arguments)
    {
        using ChatResponse call = Call(tool, arguments);
        var events = new StreamEvents();
        WholeAsEvents.Append(call, events);
        using var native = new PooledBuffer();
        using (IStreamWriter writer = _egress.NewStreamWriter(Streams.Context(_egress, _egress.Id)))
        {
            for (int index = 0; index < events.Count; index++)
            {
                writer.Write(events[index], native);
            }
        }

        using var translation = new StreamTranslation(_egress, _ingress, _context, Streams.Context(_ingress, _egress.Id));
        byte[] answer = Streams.Translate(translation, Streams.Frames(_egress, _egress.StreamContentType, native.Span.ToArray()));
        Assert.True(translation.IsComplete);
        return
        [
            .. Encoding.UTF8.GetString(answer).Split('\n').Where(static line => line.StartsWith("data: {", StringComparison.Ordinal))
                .Select(static line => JsonDocument.Parse(line[6..]).RootElement),
        ];
    }

    public void Dispose()
    {
        Arrived.Dispose();
        _sent.Dispose();
    }

    private ChatResponse Call(string tool, string arguments)
    {
        ChatResponse call = ChatResponse.Rent();

        // As another protocol would read it, so that it is built and not repeated.
        call.Source = _egress.Id == ProtocolId.Cohere ? ProtocolId.OpenAI : ProtocolId.Cohere;
        Block block = call.Add(BlockKind.ToolUse);
        block.Id = JsonText.From("call_123456789");
        block.Name = JsonText.From(tool);
        block.Input = JsonSlice.From(Encoding.UTF8.GetBytes(arguments));
        call.StopReason = StopReason.ToolUse;
        return call;
    }
}
