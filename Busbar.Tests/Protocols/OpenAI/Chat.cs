using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.OpenAI;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.OpenAI;

/// <summary>OpenAI Chat Completions.</summary>
internal sealed class Chat : Codec<Chat>, ICodec
{
    public static Protocol Protocol => OpenAIProtocol.Instance;

    public static ResponseIdentity Identity { get; } = new("chatcmpl-test", 1_700_000_000, JsonText.From("gpt-lane"));

    /// <summary>A chunk around a delta.</summary>
    public static string Delta(string delta, string finish = "null") =>
        $$"""{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":""" +
            $$"""0,"delta":{{delta}},"finish_reason":{{finish}}}]}""";

    /// <summary>The <c>data</c> objects of written SSE text, without <c>[DONE]</c>.</summary>
    public static List<JsonElement> Chunks(string sse) => [.. sse.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Where(frame => frame.StartsWith("data: {", StringComparison.Ordinal))
        .Select(frame => JsonDocument.Parse(frame[6..]).RootElement)];

    public static JsonElement DeltaOf(JsonElement chunk) => chunk.GetProperty("choices")[0].GetProperty("delta");

    public static string Line(in StreamEvent e) => e.Kind switch
    {
        StreamEventKind.MessageStart => $"message {e.Model}",
        StreamEventKind.BlockStart => $"start {e.Index} {e.Block} {e.Name} {(e.IsCustomTool ? "custom" : "")}".TrimEnd(),
        StreamEventKind.TextDelta => $"+{e.Index}:{e.Text}",
        StreamEventKind.InputDelta => $">{e.Index}:{e.Text}",
        StreamEventKind.SignatureDelta => $"signature {e.Index} {e.Text}",
        StreamEventKind.CitationDelta => $"cite {e.Index} {e.Citation.Url} {e.Citation.TextStart}-{e.Citation.TextEnd}",
        StreamEventKind.BlockStop => $"stop {e.Index}",
        StreamEventKind.MessageDelta => e.StopReason != StopReason.None ? $"because {e.StopReason}"
            : $"usage {e.Usage.Input} {e.Usage.CacheRead} {e.Usage.CacheWrite} {e.Usage.Output} {e.Usage.Reasoning}",
        StreamEventKind.MessageStop => "end",
        StreamEventKind.Error => $"error {e.Error!.Class}",
        _ => e.Kind.ToString(),
    };
}
