using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Cohere;
using Busbar.Protocols.Translation;
using Busbar.Wire;

namespace Busbar.Tests.Protocols.Cohere;

/// <summary>Runs the readers and writers on text, and shows what they give in a comparable form.</summary>
internal static class Chat
{
    public static readonly ResponseIdentity Identity = new("00000000-0000-4000-8000-000000000000", 1_700_000_000, JsonText.From("command-lane"));

    /// <summary>Reads a request that must be readable.</summary>
    public static ChatRequest Request(string json)
    {
        ChatRequest request = ChatRequest.Rent();
        Assert.Null(Read(Encoding.UTF8.GetBytes(json), request));
        return request;
    }

    public static GatewayError? Read(ReadOnlyMemory<byte> body, ChatRequest request) =>
        CohereProtocol.Instance.ReadRequest(body, JsonText.From("path-model"), false, request);

    /// <summary>Writes a request as read from this protocol, or, with <paramref name="foreign"/>, as if it came from another.</summary>
    public static byte[] Write(ChatRequest request, bool foreign = true, Capabilities? capabilities = null)
    {
        using var buffer = new PooledBuffer();
        Losses losses = default;
        request.Source = foreign ? ProtocolId.Anthropic : ProtocolId.Cohere;
        var target = new EgressTarget { WireModel = "wire-model", Capabilities = capabilities ?? Capabilities.Default };
        CohereProtocol.Instance.WriteRequest(request, target, new JsonWriter(buffer), ref losses);
        return buffer.Span.ToArray();
    }

    public static JsonElement Rewritten(string json, Capabilities? capabilities = null)
    {
        using ChatRequest request = Request(json);
        return JsonDocument.Parse(Write(request, true, capabilities)).RootElement;
    }

    public static JsonElement Rewritten(ChatResponse response, bool foreign = true)
    {
        using var buffer = new PooledBuffer();
        Losses losses = default;
        response.Source = foreign ? ProtocolId.Anthropic : ProtocolId.Cohere;
        CohereProtocol.Instance.WriteResponse(response, Identity, new JsonWriter(buffer), ref losses);
        return JsonDocument.Parse(buffer.Span.ToArray()).RootElement;
    }

    public static ChatResponse Response(string json)
    {
        ChatResponse response = ChatResponse.Rent();
        Assert.True(CohereProtocol.Instance.ReadResponse(Encoding.UTF8.GetBytes(json), response));
        return response;
    }

    /// <summary>Calls <paramref name="use"/> with the events of every frame of an SSE text.</summary>
    public static void Stream(ReadOnlySpan<byte> sse, Action<StreamEvents> use)
    {
        using var framer = new SseFramer();
        using IStreamReader reader = CohereProtocol.Instance.NewStreamReader();
        var events = new StreamEvents();
        sse.CopyTo(framer.GetMemory(sse.Length + 1).Span);
        framer.Advance(sse.Length);
        framer.Complete();
        while (framer.TryRead(out Frame frame) == FrameResult.Frame)
        {
            events.Clear();
            reader.Read(frame, events);
            use(events);
        }

        events.Clear();
        reader.Complete(events);
        use(events);
    }

    /// <summary>The events of an SSE text as lines, neighbouring words of one block joined.</summary>
    public static List<string> Lines(ReadOnlySpan<byte> sse)
    {
        var lines = new List<string>();
        Stream(sse, events =>
        {
            for (int index = 0; index < events.Count; index++)
            {
                Add(lines, Line(events[index]));
            }
        });
        return lines;
    }

    public static List<string> Lines(params string[] chunks) => Lines(Sse(chunks));

    /// <summary>Data objects as SSE text.</summary>
    public static byte[] Sse(params string[] chunks) => Encoding.UTF8.GetBytes(string.Concat(chunks.Select(chunk => "data: " + chunk + "\n\n")));

    /// <summary>An event whose delta holds <paramref name="message"/>.</summary>
    public static string Event(string type, string message, long index = 0) => $$"""{"type":"{{type}}","index":{{index}},"delta":{"message":{{message}} } }""";

    /// <summary>An event without a delta.</summary>
    public static string Event(string type, long index) => $$"""{"type":"{{type}}","index":{{index}}}""";

    public static string Text(string words, long index = 0) => Event("content-delta", $$$"""{"content":{"text":"{{{words}}}"}}""", index);

    public static string Plan(string words) => Event("tool-plan-delta", $$"""{"tool_plan":"{{words}}"}""");

    public static string Call(long index, string name) => Event("tool-call-start", $$$$"""{"tool_calls":{"id":"id{{{{index}}}}","type":"function","function":{"name":"{{{{name}}}}","arguments":""}}}""", index);

    public static string Input(long index, string arguments) => Event("tool-call-delta", $$$$"""{"tool_calls":{"function":{"arguments":"{{{{arguments}}}}"}}}""", index);

    public static string End(string reason, string more = "") => $$"""{"type":"message-end","delta":{"finish_reason":"{{reason}}"{{more}} } }""";

    public const string Begin = """{"type":"message-start","id":"m","delta":{"message":{"role":"assistant"}}}""";

    /// <summary>Reads an SSE text and writes it again; blocks that overlap are put one after the other first.</summary>
    public static string Restream(ReadOnlySpan<byte> sse)
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = CohereProtocol.Instance.NewStreamWriter(new StreamContext(Identity, false, false, () => 0));
        Stream(sse, events =>
        {
            for (int index = 0; index < events.Count; index++)
            {
                if (events[index].Error is { } error)
                {
                    writer.WriteError(new GatewayError(ErrorKind.Internal, error.Error.Message), output);
                }
                else
                {
                    writer.Write(events[index], output);
                }
            }
        });
        return Encoding.UTF8.GetString(output.Span);
    }

    /// <summary>The <c>data</c> objects of written SSE text, without comments.</summary>
    public static List<JsonElement> Chunks(string sse) => [.. sse.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Where(frame => frame.StartsWith("event: ", StringComparison.Ordinal))
        .Select(frame => JsonDocument.Parse(frame[(frame.IndexOf("\ndata: ", StringComparison.Ordinal) + 7)..]).RootElement)];

    public static bool Same(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) =>
        JsonElement.DeepEquals(JsonSerializer.Deserialize<JsonElement>(left), JsonSerializer.Deserialize<JsonElement>(right));

    private static void Add(List<string> lines, string line)
    {
        int colon = line.IndexOf(':');
        if (lines.Count > 0 && colon > 0 && (line.StartsWith('+') || line.StartsWith('>')) && lines[^1].StartsWith(line[..(colon + 1)], StringComparison.Ordinal))
        {
            lines[^1] += line[(colon + 1)..];
        }
        else
        {
            lines.Add(line);
        }
    }

    private static string Line(in StreamEvent e) => e.Kind switch
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
