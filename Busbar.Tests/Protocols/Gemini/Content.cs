using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Gemini;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;
using JsonTree = System.Text.Json.Nodes.JsonNode;

namespace Busbar.Tests.Protocols.Gemini;

/// <summary>Gemini.</summary>
internal sealed class Content : Codec<Content>, ICodec
{
    public static Protocol Protocol => GeminiProtocol.Instance;

    public static ResponseIdentity Identity { get; } = new("testResponseId01", 1_700_000_000, JsonText.From("gemini-lane"));

    /// <summary>A body with one user text and <paramref name="more"/> members.</summary>
    public static string Body(string more = "") => $$"""{"contents":[{"role":"user","parts":[{"text":"hi"}]}]{{more}}}""";

    /// <summary>A chunk or whole answer around parts.</summary>
    public static string Answer(string parts, string? finish = null, string more = "") =>
        $$"""{"candidates":[{"content":{"parts":[{{parts}}],"role":"model"}{{(finish is null ? "" : $",\"finishReason\":\"{finish}\"")}},"index":""" +
            $$"""0{{more}}}],"modelVersion":"m","responseId":"r1"}""";

    /// <summary>Data objects as SSE text, with the line ends that the API sends.</summary>
    public static new byte[] Sse(params string[] chunks) => Encoding.UTF8.GetBytes(
        string.Concat(chunks.Select(chunk => "data: " + chunk + "\r\n\r\n")));

    public static IFramer NewFramer(ReadOnlySpan<byte> stream) =>
        GeminiProtocol.Instance.NewFramer(stream.TrimStart("\r\n "u8) is [(byte)'[', ..] ? "application/json; charset=UTF-8" : "text/event-stream");

    /// <summary>The events as lines; counts that are repeated stand there once.</summary>
    public static new List<string> Lines(ReadOnlySpan<byte> bytes, int cut = int.MaxValue)
    {
        List<string> lines = Codec<Content>.Lines(bytes, cut);
        return [.. lines.Where((line, index) => index == 0 || line != lines[index - 1] || !line.StartsWith("usage"))];
    }

    public static new List<string> Lines(params string[] chunks) => Lines(Sse(chunks));

    /// <summary>The <c>data</c> objects of written SSE text.</summary>
    public static List<JsonElement> Chunks(string sse) => [.. sse.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Where(frame => frame.StartsWith("data: ", StringComparison.Ordinal))
        .Select(frame => JsonDocument.Parse(frame[6..]).RootElement)];

    /// <summary>
    /// The body with singletons put into lists, roles spelt out, and empty parts and nulls left out: what two spellings of one request have in
    /// common.
    /// </summary>
    public static JsonTree Normal(JsonTree body)
    {
        var root = (JsonObject)body;
        root.Remove("model");
        if (root["contents"] is JsonObject single)
        {
            root["contents"] = new JsonArray(single.DeepClone());
        }

        foreach (JsonTree? content in root["contents"] as JsonArray ?? [])
        {
            var turn = (JsonObject)content!;
            string? role = (string?)turn["role"];
            turn["role"] = role is "model" ? role : "user";
            if (turn["parts"] is JsonObject part)
            {
                turn["parts"] = new JsonArray(part.DeepClone());
            }

            turn["parts"] ??= new JsonArray();
        }

        return root;
    }

    public static string Line(in StreamEvent e) => e.Kind switch
    {
        StreamEventKind.MessageStart => $"message {e.Model}",
        StreamEventKind.BlockStart => $"start {e.Index} {e.Block} {e.Name}".TrimEnd(),
        StreamEventKind.TextDelta => $"+{e.Index}:{e.Text}",
        StreamEventKind.InputDelta => $">{e.Index}:{e.Text}",
        StreamEventKind.SignatureDelta => $"signature {e.Index} {e.Text}",
        StreamEventKind.CitationDelta => $"cite {e.Index} {e.Citation.Url} {e.Citation.TextStart}-{e.Citation.TextEnd}",
        StreamEventKind.BlockStop => $"stop {e.Index}",
        StreamEventKind.MessageDelta => e.StopReason != StopReason.None ? $"because {e.StopReason}"
            : $"usage {e.Usage.Input} {e.Usage.CacheRead} {e.Usage.Output} {e.Usage.Reasoning}",
        StreamEventKind.MessageStop => "end",
        StreamEventKind.Error => $"error {e.Error!.Class}",
        _ => e.Kind.ToString(),
    };
}
