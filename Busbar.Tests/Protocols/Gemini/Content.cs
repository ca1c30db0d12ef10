using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Gemini;
using Busbar.Protocols.Translation;
using Busbar.Wire;
using JsonTree = System.Text.Json.Nodes.JsonNode;

namespace Busbar.Tests.Protocols.Gemini;

/// <summary>Runs the readers and writers on text, and shows what they give in a comparable form.</summary>
internal static class Content
{
    public static readonly ResponseIdentity Identity = new("testResponseId01", 1_700_000_000, JsonText.From("gemini-lane"));

    public static ChatRequest Request(string json)
    {
        ChatRequest request = ChatRequest.Rent();
        Assert.Null(Read(Encoding.UTF8.GetBytes(json), request));
        return request;
    }

    public static GatewayError? Read(ReadOnlyMemory<byte> body, ChatRequest request) =>
        GeminiProtocol.Instance.ReadRequest(body, JsonText.From("path-model"), false, request);

    /// <summary>Writes a request as read from this protocol, or, with <paramref name="foreign"/>, as if it came from another.</summary>
    public static byte[] Write(ChatRequest request, bool foreign = true, Capabilities? capabilities = null)
    {
        Losses losses = default;
        return Write(request, foreign, capabilities, ref losses);
    }

    public static byte[] Write(ChatRequest request, bool foreign, Capabilities? capabilities, ref Losses losses)
    {
        using var buffer = new PooledBuffer();
        request.Source = foreign ? ProtocolId.Anthropic : ProtocolId.Gemini;
        var target = new EgressTarget { WireModel = "wire-model", Capabilities = capabilities ?? Capabilities.Default };
        GeminiProtocol.Instance.WriteRequest(request, target, new JsonWriter(buffer), ref losses);
        return buffer.Span.ToArray();
    }

    public static JsonElement Rewritten(string json, Capabilities? capabilities = null)
    {
        using ChatRequest request = Request(json);
        return JsonDocument.Parse(Write(request, true, capabilities)).RootElement;
    }

    public static ChatResponse Response(string json)
    {
        ChatResponse response = ChatResponse.Rent();
        Assert.True(GeminiProtocol.Instance.ReadResponse(Encoding.UTF8.GetBytes(json), response));
        return response;
    }

    public static byte[] Write(ChatResponse response, bool foreign = true)
    {
        using var buffer = new PooledBuffer();
        Losses losses = default;
        response.Source = foreign ? ProtocolId.Anthropic : ProtocolId.Gemini;
        GeminiProtocol.Instance.WriteResponse(response, Identity, new JsonWriter(buffer), ref losses);
        return buffer.Span.ToArray();
    }

    public static JsonElement Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<JsonElement>(json);

    /// <summary>A body with one user text and <paramref name="more"/> members.</summary>
    public static string Body(string more = "") => $$"""{"contents":[{"role":"user","parts":[{"text":"hi"}]}]{{more}}}""";

    /// <summary>A chunk or whole answer around parts.</summary>
    public static string Answer(string parts, string? finish = null, string more = "") =>
        $$"""{"candidates":[{"content":{"parts":[{{parts}}],"role":"model"}{{(finish is null ? "" : $",\"finishReason\":\"{finish}\"")}},"index":0{{more}}}],"modelVersion":"m","responseId":"r1"}""";

    public static byte[] Sse(params string[] chunks) => Encoding.UTF8.GetBytes(string.Concat(chunks.Select(chunk => "data: " + chunk + "\r\n\r\n")));

    /// <summary>Calls <paramref name="use"/> with the events of every frame, fed in pieces of <paramref name="cut"/> bytes.</summary>
    public static void Stream(ReadOnlySpan<byte> bytes, Action<StreamEvents> use, int cut = int.MaxValue)
    {
        bool isArray = bytes.TrimStart("\r\n "u8) is [(byte)'[', ..];
        using IFramer framer = GeminiProtocol.Instance.NewFramer(isArray ? "application/json; charset=UTF-8" : "text/event-stream");
        using IStreamReader reader = GeminiProtocol.Instance.NewStreamReader();
        var events = new StreamEvents();
        while (!bytes.IsEmpty)
        {
            int size = Math.Min(cut, bytes.Length);
            bytes[..size].CopyTo(framer.GetMemory(size).Span);
            framer.Advance(size);
            bytes = bytes[size..];
            if (bytes.IsEmpty)
            {
                framer.Complete();
            }

            while (framer.TryRead(out Frame frame) == FrameResult.Frame)
            {
                events.Clear();
                reader.Read(frame, events);
                use(events);
            }
        }

        events.Clear();
        reader.Complete(events);
        use(events);
    }

    /// <summary>The events as lines, neighbouring words of one block joined.</summary>
    public static List<string> Lines(ReadOnlySpan<byte> bytes, int cut = int.MaxValue)
    {
        var lines = new List<string>();
        Stream(bytes, events =>
        {
            for (int index = 0; index < events.Count; index++)
            {
                string line = Line(events[index]);
                int colon = line.IndexOf(':');
                if (lines.Count > 0 && colon > 0 && line[0] == '+' && lines[^1].StartsWith(line[..(colon + 1)], StringComparison.Ordinal))
                {
                    lines[^1] += line[(colon + 1)..];
                }
                else if (!line.StartsWith("usage") || lines.Count == 0 || lines[^1] != line)
                {
                    lines.Add(line);
                }
            }
        }, cut);
        return lines;
    }

    public static List<string> Lines(params string[] chunks) => Lines(Sse(chunks));

    /// <summary>Reads a stream and writes it again.</summary>
    public static string Restream(ReadOnlySpan<byte> bytes, bool asArray = false, bool end = true)
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = GeminiProtocol.Instance.NewStreamWriter(new StreamContext(Identity, false, asArray, () => 0));
        Stream(bytes, events =>
        {
            for (int index = 0; index < events.Count; index++)
            {
                if (events[index].Error is { } error)
                {
                    writer.WriteError(new GatewayError(ErrorKind.Internal, error.Error.Message), output);
                }
                else if (end || events[index].Kind != StreamEventKind.MessageStop)
                {
                    writer.Write(events[index], output);
                }
            }
        });
        return Encoding.UTF8.GetString(output.Span);
    }

    /// <summary>The <c>data</c> objects of written SSE text.</summary>
    public static List<JsonElement> Chunks(string sse) => [.. sse.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Where(frame => frame.StartsWith("data: ", StringComparison.Ordinal))
        .Select(frame => JsonDocument.Parse(frame[6..]).RootElement)];

    /// <summary>The body with singletons put into lists, roles spelt out, and empty parts and nulls left out: what two spellings of one request have in common.</summary>
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

    private static string Line(in StreamEvent e) => e.Kind switch
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
