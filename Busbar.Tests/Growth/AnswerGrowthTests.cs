using System.Text;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Response;
using Busbar.Tests.Matrix.Harness;
using Busbar.Tests.Scenarios.Harness;
using Busbar.Upstream.Http1;
using Busbar.Wire;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Growth;

/// <summary>No answer of a provider makes more work than its length says, and a stream holds no more memory the longer it is.</summary>
public sealed class AnswerGrowthTests
{
    private const int Repetitions = 1000;
    private const int MaxPerDelta = 2048;

    public static TheoryData<string> Names => [.. Enum.GetValues<ProtocolId>().Select(static id => id.Name())];

    [Theory]
    [MemberData(nameof(Names))]
    public void Streams_take_time_in_proportion(string name)
    {
        var wrong = new List<string>();
        foreach (Protocol client in Hop.Protocols)
        {
            Protocol provider = Of(name);
            if (Growing.Verdict(Repetitions, n => Relayed(provider, client, Deltas(provider, n))) is { } verdict)
            {
                wrong.Add($"{provider.Id} to {client.Id}: {verdict}");
            }
        }

        Assert.Empty(wrong);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Streams_leave_little_behind_for_each_event(string name)
    {
        Protocol provider = Of(name);
        byte[] stream = Deltas(provider, Repetitions * 8);
        foreach (Protocol client in Hop.Protocols)
        {
            Action run = Relayed(provider, client, stream);
            run();
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            long each = (GC.GetAllocatedBytesForCurrentThread() - before) / (Repetitions * 8);
            Assert.True(each <= MaxPerDelta, $"{provider.Id} to {client.Id}: {each} bytes for each event");
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Long_answers_take_time_in_proportion(string name)
    {
        Protocol provider = Of(name);
        foreach (Protocol client in Hop.Protocols.Where(client => client != provider))
        {
            Assert.Null(Growing.Verdict(Repetitions * 32, n =>
            {
                byte[] body = Encoding.UTF8.GetBytes(SpokenProtocol.Of(name).Answer(string.Concat(Enumerable.Repeat("a\\n", n))));
                return () =>
                {
                    using ChatResponse response = ChatResponse.Rent();
                    using var output = new PooledBuffer();
                    ResponseTranslation.Translate(body, provider, client, Hop.Context(client, provider), Hop.Identity(client, provider.Id), response,
                        output);
                    provider.ReadUsage(body);
                };
            }));
        }
    }

    [Fact]
    public void Heads_take_time_in_proportion() => Assert.Null(Growing.Verdict(Repetitions * 4, static n =>
    {
        byte[] head =
            Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\n{string.Concat(Enumerable.Range(0, n).Select(static index => $"x-{index}: a\r\n"))}\r\n");
        return () =>
        {
            if (HeadParser.Parse(head.AsSpan(0, HeadParser.FindEnd(head, 0))) is { } parsed)
            {
                HeadParser.TryFrame(parsed, out _, out _);
            }
        };
    }));

    private static Protocol Of(string name) => ProtocolNames.TryParse(name, out ProtocolId id) ? ProtocolTable.Get(id)
        : throw new ArgumentException(name);

    private static byte[] Deltas(Protocol provider, int count)
    {
        SpokenProtocol spoken = SpokenProtocol.Of(provider.Id.Name());
        return Encoding.Latin1.GetBytes(string.Concat([.. spoken.Prelude, spoken.First("a"), .. Enumerable.Repeat(spoken.More("a"), count),
            .. spoken.End]));
    }

    private static Action Relayed(Protocol provider, Protocol client, byte[] stream) => () =>
    {
        using IFramer framer = provider.NewFramer();
        using var translation = new StreamTranslation(provider, client, Hop.Context(client, provider), Streams.Context(client, provider.Id));
        using var output = new PooledBuffer();
        IStreamTap tap = provider.NewStreamTap();
        const int Step = 4096;
        for (int at = 0; at < stream.Length; at += Step)
        {
            int length = Math.Min(Step, stream.Length - at);
            stream.AsSpan(at, length).CopyTo(framer.GetMemory(length).Span);
            framer.Advance(length);
            while (framer.TryRead(out Frame frame) == FrameResult.Frame)
            {
                tap.Observe(frame);
                translation.Feed(frame, output);
            }

            output.Clear();
        }

        translation.Complete(output);
        Assert.Null(translation.Error);
    };
}
