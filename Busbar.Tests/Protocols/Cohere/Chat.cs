using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Cohere;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Cohere;

/// <summary>Cohere v2 chat.</summary>
internal sealed class Chat : Codec<Chat>, ICodec
{
    public static Protocol Protocol => CohereProtocol.Instance;

    public static ResponseIdentity Identity { get; } = new("00000000-0000-4000-8000-000000000000", 1_700_000_000, JsonText.From("command-lane"));

    /// <summary>An event whose delta holds <paramref name="message"/>.</summary>
    public static string Event(string type, string message, long index = 0)
        => $$"""{"type":"{{type}}","index":{{index}},"delta":{"message":{{message}} } }""";

    /// <summary>An event without a delta.</summary>
    public static string Event(string type, long index) => $$"""{"type":"{{type}}","index":{{index}}}""";

    public static string Text(string words, long index = 0) => Event("content-delta", $$$"""{"content":{"text":"{{{words}}}"}}""", index);

    public static string Plan(string words) => Event("tool-plan-delta", $$"""{"tool_plan":"{{words}}"}""");

    public static string Call(long index, string name) => Event(
        "tool-call-start", $$$$"""{"tool_calls":{"id":"id{{{{index}}}}","type":"function","function":{"name":"{{{{name}}}}","arguments":""}}}""",
    index);

    public static string Input(long index, string arguments)
        => Event("tool-call-delta", $$$$"""{"tool_calls":{"function":{"arguments":"{{{{arguments}}}}"}}}""", index);

    public static string End(string reason, string more = "") => $$"""{"type":"message-end","delta":{"finish_reason":"{{reason}}"{{more}} } }""";

    public const string Begin = """{"type":"message-start","id":"m","delta":{"message":{"role":"assistant"}}}""";

    /// <summary>The <c>data</c> objects of written SSE text, without comments.</summary>
    public static List<JsonElement> Chunks(string sse) => [.. sse.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Where(frame => frame.StartsWith("event: ", StringComparison.Ordinal))
        .Select(frame => JsonDocument.Parse(frame[(frame.IndexOf("\ndata: ", StringComparison.Ordinal) + 7)..]).RootElement)];

    public static string Line(in StreamEvent e) => e.Kind switch
    {
        StreamEventKind.MessageStart => $"message {e.Id}",
        StreamEventKind.BlockStart => $"start {e.Index} {e.Block} {e.Name} {(e.IsCustomTool ? "custom" : "")}".TrimEnd(),
        StreamEventKind.TextDelta => $"+{e.Index}:{e.Text}",
        StreamEventKind.InputDelta => $">{e.Index}:{e.Text}",
        StreamEventKind.SignatureDelta => $"signature {e.Index} {e.Text}",
        StreamEventKind.CitationDelta => $"cite {e.Index} {e.Citation.SourceId} {e.Citation.TextStart}-{e.Citation.TextEnd}",
        StreamEventKind.BlockStop => $"stop {e.Index}",
        StreamEventKind.MessageDelta => $"because {e.StopReason} {e.Usage.Input} {e.Usage.CacheRead} {e.Usage.Output} {e.Usage.Reasoning}",
        StreamEventKind.MessageStop => "end",
        StreamEventKind.Error => $"error {e.Error!.Class}",
        _ => e.Kind.ToString(),
    };
}
