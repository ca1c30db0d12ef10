using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols;

/// <summary>Runs the readers and writers of one protocol on text, and shows what they give in a comparable form.</summary>
internal abstract class Codec<T>
    where T : ICodec
{
    /// <summary>Reads a request that must be readable.</summary>
    public static ChatRequest Request(string json)
    {
        ChatRequest request = ChatRequest.Rent();
        Assert.Null(Read(Encoding.UTF8.GetBytes(json), request));
        return request;
    }

    public static GatewayError? Read(ReadOnlyMemory<byte> body, ChatRequest request)
        => T.Protocol.ReadRequest(body, JsonText.From("path-model"), false, request);

    /// <summary>Writes a request as read from this protocol, or, with <paramref name="foreign"/>, as if it came from another.</summary>
    public static byte[] Write(ChatRequest request, bool foreign = true, Capabilities? capabilities = null)
    {
        Losses losses = default;
        return Write(request, foreign, capabilities, ref losses);
    }

    public static byte[] Write(ChatRequest request, bool foreign, Capabilities? capabilities, ref Losses losses)
    {
        using var buffer = new PooledBuffer();
        request.Source = Source(foreign);
        var target = new EgressTarget { WireModel = "wire-model", Capabilities = capabilities ?? Capabilities.Default };
        T.Protocol.WriteRequest(request, target, new JsonWriter(buffer), ref losses);
        return buffer.Span.ToArray();
    }

    public static byte[] Write(ChatResponse response, bool foreign = true)
    {
        using var buffer = new PooledBuffer();
        Losses losses = default;
        response.Source = Source(foreign);
        T.Protocol.WriteResponse(response, T.Identity, new JsonWriter(buffer), ref losses);
        return buffer.Span.ToArray();
    }

    /// <summary>A request written as if it came from another protocol.</summary>
    public static JsonElement Rewritten(string json, Capabilities? capabilities = null)
    {
        using ChatRequest request = Request(json);
        return Parse(Write(request, true, capabilities));
    }

    public static JsonElement Rewritten(ChatResponse response, bool foreign = true) => Parse(Write(response, foreign));

    public static ChatResponse Response(string json)
    {
        ChatResponse response = ChatResponse.Rent();
        Assert.True(T.Protocol.ReadResponse(Encoding.UTF8.GetBytes(json), response));
        return response;
    }

    /// <summary>Calls <paramref name="use"/> with the events of every frame, fed in pieces of <paramref name="cut"/> bytes.</summary>
    public static void Stream(ReadOnlySpan<byte> bytes, Action<StreamEvents> use, int cut = int.MaxValue)
    {
        using IStreamReader reader = T.Protocol.NewStreamReader();
        var events = new StreamEvents();
        Frames(bytes, cut, frame =>
        {
            events.Clear();
            reader.Read(frame, events);
            use(events);
        });
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
                string line = T.Line(events[index]);
                int colon = line.IndexOf(':');
                if (lines.Count > 0 && colon > 0 && line[0] is '+' or '>' && lines[^1].StartsWith(line[..(colon + 1)], StringComparison.Ordinal))
                {
                    lines[^1] += line[(colon + 1)..];
                }
                else
                {
                    lines.Add(line);
                }
            }
        }, cut);
        return lines;
    }

    public static List<string> Lines(params string[] chunks) => Lines(Sse(chunks));

    /// <summary>Data objects as SSE text.</summary>
    public static byte[] Sse(params string[] chunks) => Encoding.UTF8.GetBytes(string.Concat(chunks.Select(chunk => "data: " + chunk + "\n\n")));

    /// <summary>Reads a stream and writes it again.</summary>
    public static string Restream(ReadOnlySpan<byte> bytes, bool includeUsage = true, bool asArray = false)
    {
        using var output = new PooledBuffer();
        using IStreamWriter writer = T.Protocol.NewStreamWriter(new StreamContext(T.Identity, includeUsage, asArray, () => 0));
        Stream(bytes, events =>
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

    /// <summary>How many of the answers could be read. Each of those must be unchanged when it is written to its own protocol.</summary>
    public static int WrittenUnchanged(IEnumerable<CorpusExchange> answers)
    {
        int read = 0;
        foreach (CorpusExchange exchange in answers)
        {
            using ChatResponse response = ChatResponse.Rent();
            if (T.Protocol.ReadResponse(exchange.ResponseBody, response) && response.Failure is null)
            {
                read++;
                Assert.True(Same(exchange.ResponseBody.Span, Write(response, foreign: false)), exchange.Id);
            }
        }

        return read;
    }

    /// <summary>The observer of a stream after all of it.</summary>
    public static IStreamTap Observed(ReadOnlySpan<byte> bytes)
    {
        IStreamTap tap = T.Protocol.NewStreamTap();
        Frames(bytes, int.MaxValue, frame => tap.Observe(frame));
        return tap;
    }

    /// <summary>What the reader says of a stream that an observer must say too.</summary>
    public static (Usage Usage, bool IsComplete, StreamError? Error) Told(ReadOnlySpan<byte> bytes)
    {
        Usage usage = default;
        bool isComplete = false;
        StreamError? error = null;
        Stream(bytes, events =>
        {
            for (int index = 0; index < events.Count; index++)
            {
                usage.Merge(events[index].Usage);
                isComplete |= events[index].Kind == StreamEventKind.MessageStop;
                error ??= events[index].Error;
            }
        });
        return (usage, isComplete, error);
    }

    public static JsonElement Parse(ReadOnlySpan<byte> json) => JsonSerializer.Deserialize<JsonElement>(json);

    public static bool Same(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right) => JsonElement.DeepEquals(Parse(left), Parse(right));

    private static ProtocolId Source(bool foreign) => foreign ? ProtocolId.Anthropic : T.Protocol.Id;

    private static void Frames(ReadOnlySpan<byte> bytes, int cut, Action<Frame> use)
    {
        using IFramer framer = T.NewFramer(bytes);
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
                use(frame);
            }
        }
    }
}
