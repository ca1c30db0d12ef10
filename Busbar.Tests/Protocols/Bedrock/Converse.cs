using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Bedrock;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Response;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;
using JsonNode = System.Text.Json.Nodes.JsonNode;

namespace Busbar.Tests.Protocols.Bedrock;

/// <summary>Runs bodies and streams through the folder under test.</summary>
internal static class Converse
{
    public const string Schema = "bedrock-converse.schema.json";

    public const string Claude = "us.anthropic.claude-sonnet-4-5-20250929-v1:0";

    public static readonly ResponseIdentity Identity = new("unused", 0, JsonText.From(Claude), 1234);

    public static IEnumerable<CorpusExchange> Recorded => Corpus.Of(ProtocolId.Bedrock);

    public static IEnumerable<CorpusExchange> Requests => Recorded.Where(exchange => exchange.Request is { } request
        && (request.Path.EndsWith("/converse", StringComparison.Ordinal) || request.Path.EndsWith("/converse-stream", StringComparison.Ordinal)));

    public static IEnumerable<CorpusExchange> Answers => Recorded.Where(exchange => exchange.Status == 200 && !exchange.IsEventStream
        && exchange.ResponseBody.Span.IndexOf("\"output\""u8) > 0);

    public static IEnumerable<CorpusExchange> Streams => Recorded.Where(exchange => exchange.Status == 200 && exchange.IsEventStream);

    public static JsonObject Parse(ReadOnlySpan<byte> json) => JsonNode.Parse(json)!.AsObject();

    public static EgressTarget Target(string model) => new() { WireModel = model, Capabilities = ModelCapabilities.For(ProtocolId.Bedrock, model) };

    public static GatewayError? TryRead(ReadOnlyMemory<byte> body, ChatRequest request) =>
        BedrockProtocol.Instance.ReadRequest(body, JsonText.From("path-model"), false, request);

    public static ChatRequest Read(string body)
    {
        ChatRequest request = ChatRequest.Rent();
        Assert.Null(TryRead(Encoding.UTF8.GetBytes(body), request));
        return request;
    }

    public static byte[] Write(ChatRequest request, out Losses losses, string model = Claude)
    {
        using var output = new PooledBuffer();
        losses = default;
        BedrockProtocol.Instance.WriteRequest(request, Target(model), new JsonWriter(output), ref losses);
        return output.Span.ToArray();
    }

    /// <summary>A request of this protocol, written back.</summary>
    public static JsonObject Rewrite(string body)
    {
        using ChatRequest request = Read(body);
        JsonObject written = Parse(Write(request, out Losses losses));
        Assert.True(losses.IsEmpty);
        return written;
    }

    /// <summary>A request of another protocol, brought here through the adapter.</summary>
    public static JsonObject Translate(ProtocolId ingress, string body, out Losses losses, string model = Claude)
    {
        EgressTarget target = Target(model);
        var context = new TranslationContext(ingress, ProtocolId.Bedrock, target);
        using ChatRequest request = ChatRequest.Rent();
        using var output = new PooledBuffer();
        Assert.Null(RequestTranslation.Translate(
            Encoding.UTF8.GetBytes(body), default, false, ProtocolTable.Get(ingress), BedrockProtocol.Instance, target, context, request, output));
        losses = context.Losses;
        Assert.Equal([], SchemaCheck.Validate("bedrock-converse.schema.json", "#/$defs/ConverseRequest", output.Span.ToArray()));
        Assert.Empty(VendorRules.Broken(ProtocolId.Bedrock, JsonDocument.Parse(output.Span.ToArray()).RootElement, target));
        return Parse(output.Span);
    }

    public static byte[] Write(ChatResponse response, out Losses losses)
    {
        using var output = new PooledBuffer();
        losses = default;
        BedrockProtocol.Instance.WriteResponse(response, Identity, new JsonWriter(output), ref losses);
        return output.Span.ToArray();
    }

    public static IStreamWriter NewWriter() => BedrockProtocol.Instance.NewStreamWriter(new StreamContext(Identity, false, false, static () => 55));

    /// <summary>Payloads as an event stream; a name that starts with <c>!</c> is an exception's.</summary>
    public static byte[] Stream(params (string Name, string Payload)[] events)
    {
        using var output = new PooledBuffer();
        foreach ((string name, string payload) in events)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(payload);
            Assert.True(name[0] == '!'
                ? EventStreamWriter.TryWriteException(output, Encoding.UTF8.GetBytes(name[1..]), bytes)
                : EventStreamWriter.TryWriteEvent(output, Encoding.UTF8.GetBytes(name), bytes));
        }

        return output.Span.ToArray();
    }

    public static (string, string) Delta(int index, string delta)
        => ("contentBlockDelta", $$"""{"contentBlockIndex":{{index}},"delta":{{delta}},"p":"abc"}""");

    public static (string, string) Stop(int index) => ("contentBlockStop", $$"""{"contentBlockIndex":{{index}} }""");

    public static (string, string) Tool(int index, string id, string name) =>
        ("contentBlockStart", $$$"""{"contentBlockIndex":{{{index}}},"start":{"toolUse":{"toolUseId":"{{{id}}}","name":"{{{name}}}" } } }""");

    public static readonly (string, string) Begin = ("messageStart", """{"role":"assistant"}""");

    public static readonly (string, string) Metadata = ("metadata",
        """{"usage":{"inputTokens":3,"outputTokens":2,"totalTokens":5},"metrics":{"latencyMs":1}}""");

    public static (string, string) End(string reason) => ("messageStop", $$"""{"stopReason":"{{reason}}"}""");

    /// <summary>Calls <paramref name="use"/> with each frame of an event stream, which must be valid to its last byte.</summary>
    public static void Frames(ReadOnlySpan<byte> stream, Action<Frame> use)
    {
        using IFramer framer = BedrockProtocol.Instance.NewFramer();
        stream.CopyTo(framer.GetMemory(stream.Length + 1).Span);
        framer.Advance(stream.Length);
        framer.Complete();
        FrameResult result;
        while ((result = framer.TryRead(out Frame frame)) == FrameResult.Frame)
        {
            use(frame);
        }

        Assert.Equal(FrameResult.NeedMore, result);
        Assert.Equal(stream.Length, framer.FrameEnd);
    }

    /// <summary>The frames of an event stream as name and payload.</summary>
    public static List<(string Name, JsonObject Payload)> Payloads(ReadOnlySpan<byte> stream)
    {
        var payloads = new List<(string, JsonObject)>();
        Frames(stream, frame => payloads.Add(((frame.IsException ? "!" : "") + Encoding.UTF8.GetString(frame.Name.Span), Parse(frame.Data.Span))));
        return payloads;
    }

    public delegate void EventSink(in StreamEvent streamEvent);

    /// <summary>Reads a stream and hands every event on while it is valid.</summary>
    public static void ReadStream(ReadOnlySpan<byte> stream, EventSink sink)
    {
        using IStreamReader reader = BedrockProtocol.Instance.NewStreamReader();
        var events = new StreamEvents();
        Frames(stream, frame =>
        {
            events.Clear();
            reader.Read(frame, events);
            Drain();
        });
        events.Clear();
        reader.Complete(events);
        Drain();

        void Drain()
        {
            for (int index = 0; index < events.Count; index++)
            {
                sink(events[index]);
            }
        }
    }

    /// <summary>The events of a stream as lines, neighbouring words of one block joined.</summary>
    public static List<string> Lines(ReadOnlySpan<byte> stream)
    {
        var lines = new List<string>();
        ReadStream(stream, (in StreamEvent next) =>
        {
            string line = Line(next);
            int colon = line.IndexOf(':');
            if (lines.Count > 0 && line[0] is '+' or '>' && lines[^1].StartsWith(line[..(colon + 1)], StringComparison.Ordinal))
            {
                lines[^1] += line[(colon + 1)..];
            }
            else
            {
                lines.Add(line);
            }
        });
        return lines;
    }

    public static List<string> Lines(params (string, string)[] events) => Lines(Stream(events));

    /// <summary>Reads a stream and writes it again.</summary>
    public static byte[] Restream(ReadOnlySpan<byte> stream)
    {
        using IStreamWriter writer = NewWriter();
        using var output = new PooledBuffer();
        ReadStream(stream, (in StreamEvent next) =>
        {
            if (next.Error is { } error)
            {
                writer.WriteError(ErrorMapping.FromStream(error), output);
            }
            else
            {
                writer.Write(next, output);
            }
        });
        return output.Span.ToArray();
    }

    private static string Line(in StreamEvent e) => e.Kind switch
    {
        StreamEventKind.MessageStart => "message",
        StreamEventKind.BlockStart
            => $"start {e.Index} {e.Block} {e.Id} {e.Name} {(e.Whole is { } whole ? whole.Text.ToString() + whole.Data : "")}".TrimEnd(),
        StreamEventKind.TextDelta => $"+{e.Index}:{e.Text}",
        StreamEventKind.InputDelta => $">{e.Index}:{e.Text}",
        StreamEventKind.SignatureDelta => $"signature {e.Index} {e.Text}",
        StreamEventKind.CitationDelta
            => $"cite {e.Index} {e.Citation.Kind} {e.Citation.Title} {e.Citation.Url} {e.Citation.SourceStart}-{e.Citation.SourceEnd}",
        StreamEventKind.BlockStop => $"stop {e.Index}",
        StreamEventKind.MessageDelta => $"because {e.StopReason} {e.Usage.Input} {e.Usage.CacheRead} {e.Usage.CacheWrite} {e.Usage.Output}",
        StreamEventKind.MessageStop => "end",
        StreamEventKind.Error => $"error {e.Error!.Class}",
        _ => e.Kind.ToString(),
    };
}
