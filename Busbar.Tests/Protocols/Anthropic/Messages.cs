using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Anthropic;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;
using JsonNode = System.Text.Json.Nodes.JsonNode;

namespace Busbar.Tests.Protocols.Anthropic;

/// <summary>Runs bodies and streams through the folder under test.</summary>
internal static class Messages
{
    public static readonly EgressTarget Target = new() { WireModel = "claude-test", Capabilities = Capabilities.Default };

    public static readonly ResponseIdentity Identity = new("msg_01AAAAAAAAAAAAAAAAAAAAAAAA", 0, JsonText.From("claude-test"));

    public static IEnumerable<CorpusExchange> Recorded => Corpus.Of(ProtocolId.Anthropic);

    public static IEnumerable<CorpusExchange> Requests => Recorded.Where(exchange => exchange.Status == 200 && IsObject(exchange.Request?.Body));

    public static IEnumerable<CorpusExchange> Answers => Recorded.Where(
        exchange => exchange.IsUnaryAnswer && Parse(exchange.ResponseBody)["content"] is not null);

    public static IEnumerable<CorpusExchange> Streams => Recorded.Where(exchange => exchange.Status == 200 && exchange.IsSse);

    public static JsonObject Parse(ReadOnlyMemory<byte> json) => JsonNode.Parse(json.Span)!.AsObject();

    public static ChatRequest Read(string body)
    {
        ChatRequest request = ChatRequest.Rent();
        Assert.Null(AnthropicProtocol.Instance.ReadRequest(Encoding.UTF8.GetBytes(body), default, false, request));
        return request;
    }

    public static GatewayError ReadFault(string body)
    {
        using ChatRequest request = ChatRequest.Rent();
        return AnthropicProtocol.Instance.ReadRequest(Encoding.UTF8.GetBytes(body), default, false, request)!;
    }

    public static byte[] Write(ChatRequest request, out Losses losses, EgressTarget? target = null)
    {
        using var output = new PooledBuffer();
        losses = default;
        AnthropicProtocol.Instance.WriteRequest(request, target ?? Target, new JsonWriter(output), ref losses);
        return output.Span.ToArray();
    }

    /// <summary>What a request of another protocol becomes: built here from its Anthropic spelling with the source changed.</summary>
    public static JsonObject WriteAsForeign(string body, out Losses losses, EgressTarget? target = null, Action<ChatRequest>? change = null)
    {
        using ChatRequest request = Read(body);
        request.Source = ProtocolId.OpenAI;
        request.Extra.Clear();
        change?.Invoke(request);
        return Parse(Write(request, out losses, target));
    }

    public static byte[] Write(ChatResponse response, out Losses losses)
    {
        using var output = new PooledBuffer();
        losses = default;
        AnthropicProtocol.Instance.WriteResponse(response, Identity, new JsonWriter(output), ref losses);
        return output.Span.ToArray();
    }

    public static IStreamWriter NewWriter() => AnthropicProtocol.Instance.NewStreamWriter(new StreamContext(Identity, false, false, static () => 0));

    public static List<(string Name, string Data)> Frames(ReadOnlySpan<byte> sse)
    {
        var frames = new List<(string, string)>();
        foreach (string frame in Encoding.UTF8.GetString(sse).Split("\n\n", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] lines = frame.Split('\n');
            frames.Add((Field(lines, "event:"), Field(lines, "data:")));
        }

        return frames;
    }

    public static Frame Frame(string name, string data) => new(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(data));

    /// <summary>Reads a stream and hands every event on while it is valid.</summary>
    public static void ReadStream(ReadOnlySpan<byte> sse, EventSink sink)
    {
        using IStreamReader reader = AnthropicProtocol.Instance.NewStreamReader();
        var events = new StreamEvents();
        foreach ((string name, string data) in Frames(sse))
        {
            events.Clear();
            reader.Read(Frame(name, data), events);
            for (int index = 0; index < events.Count; index++)
            {
                sink(events[index]);
            }
        }

        events.Clear();
        reader.Complete(events);
        Assert.Equal(0, events.Count);
    }

    public static byte[] Rewrite(ReadOnlySpan<byte> sse)
    {
        using IStreamWriter writer = NewWriter();
        using var output = new PooledBuffer();
        ReadStream(sse, (in StreamEvent streamEvent) =>
        {
            if (streamEvent.Kind != StreamEventKind.Ping)
            {
                writer.Write(streamEvent, output);
            }
        });
        return output.Span.ToArray();
    }

    public delegate void EventSink(in StreamEvent streamEvent);

    private static bool IsObject(ReadOnlyMemory<byte>? body) => body is { IsEmpty: false } bytes && bytes.Span[0] == (byte)'{';

    private static string Field(string[] lines, string name) =>
        lines.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?[name.Length..].Trim() ?? "";
}
