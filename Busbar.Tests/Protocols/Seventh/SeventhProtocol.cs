using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Forms;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Seventh;

/// <summary>
/// A protocol that no vendor has, with words of its own for everything. It is added as any other would be: all that the gateway knows of it stands
/// in this folder.
/// </summary>
internal sealed class SeventhProtocol : Protocol
{
    /// <summary>Its name in configurations.</summary>
    public const string Name = "seventh";

    private SeventhProtocol()
    {
    }

    /// <summary>The only instance.</summary>
    public static SeventhProtocol Instance { get; } = new();

    /// <summary>The number behind those that are built in.</summary>
    public static ProtocolId Number { get; } = (ProtocolId)Enum.GetValues<ProtocolId>().Length;

    public override ProtocolId Id => Number;

    public override IReadOnlyList<ClientPath> Paths { get; } = [new("/seventh/talk")];

    public override PathMarks PathMarks { get; } = new() { Parts = ["/seventh/"] };

    public override ClientMarks ClientMarks { get; } = new() { Headers = ["seventh-client"] };

    public override string RequestIdHeader => "seventh-request";

    public override string TelemetryName => "seventh";

    public override TrafficForm Traffic { get; } = new();

    public override OutputForm Output { get; } = new() { Limit = "cap"u8.ToArray(), IsRequired = true };

    public override TextMembers TextMembers { get; } = new(["say", "with"]);

    public override ToolsForm Tools { get; } = new() { IdPrefix = "use-"u8.ToArray(), MaxId = 64, HasAllowedList = false, HasParallelSwitch = false };

    public override BlockForm Blocks { get; } = new() { Alternates = true, HasSystemTurns = false, HasTextDocuments = false, HasCitations = false };

    public override ReasoningForm Reasoning { get; } = new() { Style = ReasoningStyle.Budget, Family = "seventh" };

    public override FieldForm Fields { get; } = new() { HasPlainJson = false, HasStreamedLogprobs = false };

    public override TokenPreamble Preamble => new(10, 100, 0, 100);

    public override SamplingForm Sampling { get; } = new() { MaxTopK = 0, MaxStops = 0 };

    protected override ReadOnlySpan<byte> AnswerMark => "\"items\""u8;

    public override JsonText TierWord(JsonText tier) => default;

    public override string NewRequestId() => "r7-" + Guid.NewGuid().ToString("N");

    public override string NewResponseId() => "a7-" + Guid.NewGuid().ToString("N");

    public override string EgressPath(string model, bool stream) => "/seventh/talk";

    public override void WriteModels(IReadOnlyList<ListedModel> models, JsonWriter output)
    {
        output.StartArray();
        foreach (ListedModel model in models)
        {
            output.StartObject();
            WriteModel(model, output);
            output.EndObject();
        }

        output.EndArray();
    }

    public override void WriteModel(ListedModel model, JsonWriter output) => output.String("engine"u8, model.Name);

    public override bool CanSend(Block media, Place place) => false;

    public override GatewayError? ReadRequest(ReadOnlyMemory<byte> body, JsonText pathModel, bool stream, ChatRequest request) =>
        RequestReader.Read(body, request);

    public override void WriteRequest(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses) =>
        RequestWriter.Write(request, target, output, ref losses);

    public override bool ReadResponse(ReadOnlyMemory<byte> body, ChatResponse response) => ResponseReader.Read(body, response);

    public override void WriteResponse(ChatResponse response, in ResponseIdentity identity, JsonWriter output, ref Losses losses) =>
        ResponseWriter.Write(response, identity, output, ref losses);

    public override IStreamReader NewStreamReader() => new StreamReader();

    public override IStreamWriter NewStreamWriter(StreamContext context) => new StreamWriter(context);

    public override IStreamTap NewStreamTap() => new StreamTap();

    public override Usage ReadUsage(ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        return tape.TryParse(body) ? Words.Usage(tape.Root["spent"u8]) : default;
    }

    public override ProviderError ReadError(int status, ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        return tape.TryParse(body) ? Words.Fault(tape.Root["fault"u8]) : default;
    }

    public override void WriteError(in GatewayError error, string requestId, JsonWriter output)
    {
        output.StartObject();
        Words.Write(error, output);
        output.EndObject();
    }
}
