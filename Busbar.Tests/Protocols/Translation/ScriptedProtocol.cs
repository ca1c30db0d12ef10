using System.Buffers.Binary;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Forms;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation;

/// <summary>A protocol whose stream frames name entries of a script, and whose writer checks legality instead of writing.</summary>
internal sealed class ScriptedProtocol(ProtocolId id) : Protocol
{
    public List<Action<StreamEvents>> Script { get; } = [];

    public StreamLegality Seen { get; } = new();

    public List<GatewayError> Errors { get; } = [];

    public int KeepAlives { get; private set; }

    /// <summary>What reading any request body gives.</summary>
    public Action<ChatRequest>? Request { get; set; }

    /// <summary>The request that was written, as one line.</summary>
    public string? Written { get; private set; }

    public override ProtocolId Id => id;

    public override IReadOnlyList<ClientPath> Paths => [];

    public override PathMarks PathMarks { get; } = new();

    public override TrafficForm Traffic => ProtocolTable.Get(id).Traffic;

    public override OutputForm Output => ProtocolTable.Get(id).Output;

    public override TextMembers TextMembers => ProtocolTable.Get(id).TextMembers;

    public override ToolsForm Tools => ProtocolTable.Get(id).Tools;

    public override BlockForm Blocks => ProtocolTable.Get(id).Blocks;

    public override ReasoningForm Reasoning => ProtocolTable.Get(id).Reasoning;

    public override FieldForm Fields => ProtocolTable.Get(id).Fields;

    public override TokenPreamble Preamble => ProtocolTable.Get(id).Preamble;

    public override string TelemetryName => "scripted";

    /// <summary>That of the vendor whose place it takes.</summary>
    public override SamplingForm Sampling => ProtocolTable.Get(id).Sampling;

    public override JsonText TierWord(JsonText tier) => tier;

    public override void WriteModels(IReadOnlyList<ListedModel> models, JsonWriter output)
    {
    }

    public override void WriteModel(ListedModel model, JsonWriter output)
    {
    }

    /// <summary>The frame that makes the reader play entry <paramref name="step"/>.</summary>
    public static Frame Frame(int step)
    {
        byte[] data = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(data, step);
        return new(default, data);
    }

    public override string NewRequestId() => "req";

    public override string NewResponseId() => "res";

    public override string EgressPath(string model, bool stream) => "/";

    public override GatewayError? ReadRequest(ReadOnlyMemory<byte> body, JsonText pathModel, bool stream, ChatRequest request)
    {
        Request?.Invoke(request);
        return null;
    }

    public override void WriteRequest(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses) =>
        Written = string.Join('|', request.Messages.Select(static message =>
            string.Join(',', message.Blocks.Select(static block => $"{block.Kind}:{block.Text}:{block.Signature}"))));

    protected override ReadOnlySpan<byte> AnswerMark => "\"answer\""u8;

    public override bool ReadResponse(ReadOnlyMemory<byte> body, ChatResponse response) => true;

    public override void WriteResponse(ChatResponse response, in ResponseIdentity identity, JsonWriter output, ref Losses losses)
    {
    }

    public override IStreamReader NewStreamReader() => new Reader(this);

    public override IStreamWriter NewStreamWriter(StreamContext context) => new Writer(this);

    public override IStreamTap NewStreamTap() => throw new NotSupportedException();

    public override Usage ReadUsage(ReadOnlyMemory<byte> body) => default;

    public override ProviderError ReadError(int status, ReadOnlyMemory<byte> body) => default;

    public override void WriteError(in GatewayError error, string requestId, JsonWriter output)
    {
    }

    private sealed class Reader(ScriptedProtocol owner) : IStreamReader
    {
        public void Read(in Frame frame, StreamEvents events) => owner.Script[BinaryPrimitives.ReadInt32LittleEndian(frame.Data.Span)](events);

        public void Complete(StreamEvents events)
        {
        }

        public void Dispose()
        {
        }
    }

    private sealed class Writer(ScriptedProtocol owner) : IStreamWriter
    {
        public Losses Losses => default;

        public void Write(in StreamEvent streamEvent, PooledBuffer output)
        {
            owner.Seen.Take(streamEvent);
            output.Write((byte)'.');
        }

        public void WriteError(in GatewayError error, PooledBuffer output) => owner.Errors.Add(error);

        public void WriteKeepAlive(PooledBuffer output) => owner.KeepAlives++;

        public void Dispose()
        {
        }
    }
}
