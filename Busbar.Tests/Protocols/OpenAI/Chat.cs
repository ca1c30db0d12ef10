using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.OpenAI;
using Busbar.Protocols.Translation;
using Busbar.Wire;

namespace Busbar.Tests.Protocols.OpenAI;

/// <summary>Runs the readers and writers on text, and shows what they give in a comparable form.</summary>
internal static class Chat
{
    public static readonly ResponseIdentity Identity = new("chatcmpl-test", 1_700_000_000, JsonText.From("gpt-lane"));

    /// <summary>Reads a request that must be readable.</summary>
    public static ChatRequest Request(string json)
    {
        ChatRequest request = ChatRequest.Rent();
        Assert.Null(Read(Encoding.UTF8.GetBytes(json), request));
        return request;
    }

    public static GatewayError? Read(ReadOnlyMemory<byte> body, ChatRequest request) =>
        OpenAIProtocol.Instance.ReadRequest(body, JsonText.From("path-model"), false, request);

    /// <summary>Writes a request as read from this protocol, or, with <paramref name="foreign"/>, as if it came from another.</summary>
    public static byte[] Write(ChatRequest request, bool foreign = true, Capabilities? capabilities = null)
    {
        using var buffer = new PooledBuffer();
        Losses losses = default;
        request.Source = foreign ? ProtocolId.Anthropic : ProtocolId.OpenAI;
        var target = new EgressTarget { WireModel = "wire-model", Capabilities = capabilities ?? Capabilities.Default };
        OpenAIProtocol.Instance.WriteRequest(request, target, new JsonWriter(buffer), ref losses);
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
        response.Source = foreign ? ProtocolId.Anthropic : ProtocolId.OpenAI;
        OpenAIProtocol.Instance.WriteResponse(response, Identity, new JsonWriter(buffer), ref losses);
        return JsonDocument.Parse(buffer.Span.ToArray()).RootElement;
    }

    public static ChatResponse Response(string json)
    {
        ChatResponse response = ChatResponse.Rent();
        Assert.True(OpenAIProtocol.Instance.ReadResponse(Encoding.UTF8.GetBytes(json), response));
        return response;
    }

    /// <summary>Calls <paramref name="use"/> with the events of every frame of an SSE text.</summary>
    public static void Stream(ReadOnlySpan<byte> sse, Action<StreamEvents> use)
    {
        using var framer = new SseFramer();
        using IStreamReader reader = OpenAIProtocol.Instance.NewStreamReader();
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

    /// <summary>Chunks as SSE text.</summary>
    public static byte[] Sse(params string[] chunks) => Encoding.UTF8.GetBytes(string.Concat(chunks.Select(chunk => "data: " + chunk + "\n\n")));

    /// <summary>A chunk around a delta.</summary>
    public static string Delta(string delta, string finish = "null") =>
        $$"""{"id":"chatcmpl-1","object":"chat.completion.chunk","created":1,"model":"m","choices":[{"index":0,"delta":{{delta}},"finish_reason":{{finish}}}]}""";

    /// <summary>Reads an SSE text and writes it again; blocks that overlap are put one after the other first.</summary>
    public static string Restream(ReadOnlySpan<byte> sse, bool includeUsage = true)
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = OpenAIProtocol.Instance.NewStreamWriter(new StreamContext(Identity, includeUsage, false, () => 0));
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

    /// <summary>The <c>data</c> objects of written SSE text, without <c>[DONE]</c>.</summary>
    public static List<JsonElement> Chunks(string sse) => [.. sse.Split("\n\n", StringSplitOptions.RemoveEmptyEntries)
        .Where(frame => frame.StartsWith("data: {", StringComparison.Ordinal))
        .Select(frame => JsonDocument.Parse(frame[6..]).RootElement)];

    public static JsonElement DeltaOf(JsonElement chunk) => chunk.GetProperty("choices")[0].GetProperty("delta");

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
