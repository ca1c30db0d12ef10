using Busbar.Ir;
using Busbar.Protocols.Forms;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic.Platforms;

/// <summary>
/// Claude on Google Vertex AI by <c>rawPredict</c> and <c>streamRawPredict</c>: Messages bodies with the version inside and the model in the path.
/// Streams are the vendor's own; errors come in either vendor's form.
/// </summary>
internal sealed class VertexProtocol : AnthropicProtocol
{
    private VertexProtocol()
        : base(Envelope.Vertex)
    {
    }

    /// <summary>The only instance.</summary>
    public static new VertexProtocol Instance { get; } = new();

    /// <inheritdoc/>
    public override TrafficForm Traffic { get; } = Forms.StatedTraffic;

    /// <summary>None: it stands in the body.</summary>
    public override string? VersionHeader => null;

    /// <summary>None: the version of Messages stands in the body.</summary>
    public override IReadOnlyList<string> RequestHeaders => [];

    /// <inheritdoc/>
    public override string EgressPath(string model, bool stream) => EgressPath(model, new EgressCall(Operation.Chat, stream));

    /// <summary>
    /// <inheritdoc/> A model is named with its project, location and publisher; tokens are counted at a path that names none.
    /// </summary>
    public override string EgressPath(string model, in EgressCall call)
    {
        string named = call.Operation == Operation.CountTokens ? $"{model[..(model.LastIndexOf('/') + 1)]}count-tokens" : model;
        return $"{call.Version ?? "/v1"}/{UrlPath.EncodePath(named).Replace("%40", "@", StringComparison.Ordinal)}" +
            $":{(call.Stream ? "streamRawPredict" : "rawPredict")}";
    }

    /// <inheritdoc/>
    public override ProviderError ReadError(int status, ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(body))
        {
            return default;
        }

        JsonNode root = tape.Root.IsArray ? tape.Root[0] : tape.Root;
        return root["error"u8]["status"u8].IsString ? Gemini.ErrorReader.Lift(status, root) : base.ReadError(status, body);
    }
}
