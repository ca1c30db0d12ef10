using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Response;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Fuzz;

/// <summary>Bodies that nobody wrote in good faith: read, or refused, and what is written is well formed. Nothing throws.</summary>
[Trait("kind", "fuzz")]
public sealed class TranslationFuzzTests
{
    private const int Cases = 1500;

    public static TheoryData<string> Names => [.. Enum.GetValues<ProtocolId>().Select(static id => id.Name())];

    [Theory]
    [MemberData(nameof(Names))]
    public void Requests_are_translated_to_something_valid_or_refused(string name)
    {
        Protocol from = Of(name);
        FuzzRun.Of(Cases, Seeds.Requests(from.Id), (body, random) =>
        {
            Protocol to = Hop.Protocols[random.Next(Hop.Protocols.Count)];
            EgressTarget target = Hop.Targets(to.Id).ElementAt(random.Next(2));
            using ChatRequest request = ChatRequest.Rent();
            using var output = new PooledBuffer();
            if (RequestTranslation.Translate(body, JsonText.From("m"), random.Next(2) == 0, from, to, target, new(from.Id, to.Id, target), request,
                output) is null)
            {
                IsJson(output);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Requests_are_weighed_whatever_they_are(string name)
    {
        Protocol from = Of(name);
        FuzzRun.Of(Cases, Seeds.Requests(from.Id), (body, _) =>
        {
            if (RequestScan.TryScan(body, out RequestScan scan) == ScanResult.Ok)
            {
                using var tape = new JsonTape();
                Assert.True(tape.TryParse(body));
                using var spliced = new PooledBuffer();
                new SplicedBody(body, scan, "\"other\""u8.ToArray()).WriteTo(spliced);
                IsJson(spliced);
                Assert.InRange(OutputLimit.Of(from.Id, body).Candidates, 1, long.MaxValue);
            }

            Assert.InRange(MinimumInputTokens.LowerBound(body, long.MaxValue), 0, body.Length);
            Assert.InRange(InputEstimate.Of(body), 0, long.MaxValue);
            using var renamed = new PooledBuffer();
            if (from.RenameModels(body, "other", renamed))
            {
                IsJson(renamed);
            }
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Answers_are_translated_to_something_valid_or_are_none(string name)
    {
        Protocol from = Of(name);
        FuzzRun.Of(Cases, Seeds.Answers(from.Id), (body, random) =>
        {
            Protocol client = Hop.Protocols[random.Next(Hop.Protocols.Count)];
            using ChatResponse response = ChatResponse.Rent();
            using var output = new PooledBuffer();
            if (ResponseTranslation.Translate(body, from, client, Hop.Context(client, from), Hop.Identity(client, from.Id), response, output)
                && response.Failure is null)
            {
                IsJson(output);
            }

            from.ReadUsage(body);
            from.ReadError(400 + random.Next(200), body);
        });
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Streams_become_streams_that_can_be_read(string name)
    {
        Protocol from = Of(name);
        FuzzRun.Of(Cases, Seeds.Streams(from.Id), (bytes, random) =>
        {
            Protocol client = Hop.Protocols[random.Next(Hop.Protocols.Count)];
            using IFramer framer = from.NewFramer();
            IStreamTap tap = from.NewStreamTap();
            using var output = new PooledBuffer();
            using (var translation = new StreamTranslation(from, client, Hop.Context(client, from), Streams.Context(client, from.Id)))
            {
                FrameResult result = FrameResult.NeedMore;
                for (int at = 0; at < bytes.Length && result == FrameResult.NeedMore && translation.Error is null;)
                {
                    int length = Math.Min(random.Next(1, 200), bytes.Length - at);
                    bytes.AsSpan(at, length).CopyTo(framer.GetMemory(length).Span);
                    framer.Advance(length);
                    at += length;
                    while ((result = framer.TryRead(out Frame frame)) == FrameResult.Frame)
                    {
                        tap.Observe(frame);
                        translation.Feed(frame, output);
                    }
                }

                framer.Complete();
                if (translation.Error is null)
                {
                    translation.Complete(output);
                }
                else
                {
                    translation.WriteError(new GatewayError(ErrorKind.BadGateway), output);
                }
            }

            IsStream(client, output);
        });
    }

    private static Protocol Of(string name) => ProtocolNames.TryParse(name, out ProtocolId id) ? ProtocolTable.Get(id)
        : throw new ArgumentException(name);

    private static void IsJson(PooledBuffer written)
    {
        using var whole = new PooledBuffer();
        new SplicedBody(written).WriteTo(whole);
        using var tape = new JsonTape();
        Assert.True(tape.TryParse(whole.Memory), System.Text.Encoding.UTF8.GetString(whole.Span));
    }

    private static void IsStream(Protocol client, PooledBuffer written)
    {
        using IFramer framer = client.NewFramer();
        written.Span.CopyTo(framer.GetMemory(written.Length + 1).Span);
        framer.Advance(written.Length);
        framer.Complete();
        FrameResult result;
        while ((result = framer.TryRead(out _)) == FrameResult.Frame)
        {
        }

        Assert.True(result is FrameResult.NeedMore, $"{result}: {System.Text.Encoding.UTF8.GetString(written.Span)}");
    }
}
