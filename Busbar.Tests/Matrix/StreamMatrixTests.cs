using System.Text;
using System.Text.RegularExpressions;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Response;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Matrix;

/// <summary>Every recorded stream, shown to clients of every other protocol.</summary>
public sealed partial class StreamMatrixTests
{
    // A transcript of three answers in a row; a stream ends with the first.
    private const string SeveralAnswers = "anthropic-4e98d3417e";

    public static TheoryData<string, string> Pairs => Hop.PairNames;

    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "T268")]
    [Trait("gotcha", "T269")]
    [Trait("gotcha", "T270")]
    [Trait("gotcha", "T271")]
    [Trait("gotcha", "T272")]
    public void A_recorded_stream_says_the_same_to_every_other_client(string from, string to)
    {
        Skip.IfNot(Corpus.Exists);
        (Protocol egress, Protocol ingress) = Pair(from, to);
        var faults = new List<string>();
        int seen = 0;
        foreach (CorpusExchange exchange in Streams.Of(egress.Id).Where(static exchange => exchange.Id != SeveralAnswers))
        {
            seen++;
            List<Frame> frames = Streams.Frames(egress, exchange.ContentType, exchange.ResponseBody);
            foreach (bool array in ingress.Id == ProtocolId.Gemini ? [false, true] : new[] { false })
            {
                faults.AddRange(Faults(frames, egress, ingress, array).Select(fault => $"{exchange.Id} to client: {fault}"));
            }
        }

        Assert.True(seen > 20, $"{seen} streams");
        Assert.True(faults.Count == 0, $"{faults.Count} faults in {seen}\n{string.Join('\n', faults.Take(40))}");
    }

    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    public void A_whole_answer_told_as_a_stream_says_what_the_whole_answer_says(string from, string to)
    {
        Skip.IfNot(Corpus.Exists);
        (Protocol egress, Protocol ingress) = Pair(from, to);
        var faults = new List<string>();
        foreach (CorpusExchange exchange in Corpus.Of(egress.Id).Where(static exchange => exchange.IsUnaryAnswer))
        {
            using ChatResponse told = ChatResponse.Rent();
            if (!ResponseTranslation.TryRead(exchange.ResponseBody, egress, told) || told.Failure is not null)
            {
                continue;
            }

            TranslationContext context = Hop.Context(ingress, egress);
            using var translation = new StreamTranslation(egress, ingress, context, Streams.Context(ingress, egress.Id));
            using var output = new PooledBuffer();
            var whole = new AnswerDigest(told);
            translation.Feed(told, output);
            translation.Complete(output);
            Assert.True(translation.IsComplete, exchange.Id);
            AnswerDigest seen = Streams.Read(ingress, Streams.Frames(ingress, ingress.StreamContentType, output.Span.ToArray()));
            faults.AddRange(ClientView.Faults(ingress.Id, whole, seen, translation.Losses).Select(fault => $"{exchange.Id} to client: {fault}"));
        }

        Assert.True(faults.Count == 0, $"{faults.Count} faults\n{string.Join('\n', faults.Take(40))}");
    }

    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "T246")]
    [Trait("gotcha", "T273")]
    public void A_stream_that_arrives_byte_by_byte_is_translated_the_same(string from, string to)
    {
        Skip.IfNot(Corpus.Exists);
        (Protocol egress, Protocol ingress) = Pair(from, to);
        foreach (CorpusExchange exchange in Sample(egress.Id))
        {
            List<Frame> whole = Streams.Frames(egress, exchange.ContentType, exchange.ResponseBody);
            List<Frame> cut = Streams.Frames(egress, exchange.ContentType, exchange.ResponseBody, step: 1);
            Assert.Equal(Shown(whole, egress, ingress), Shown(cut, egress, ingress));
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "T257")]
    public void A_stream_cut_after_any_frame_before_its_end_is_never_complete(string from, string to)
    {
        Skip.IfNot(Corpus.Exists);
        (Protocol egress, Protocol ingress) = Pair(from, to);
        int cut = 0;
        foreach (CorpusExchange exchange in Sample(egress.Id))
        {
            List<Frame> frames = Streams.Frames(egress, exchange.ContentType, exchange.ResponseBody);
            for (int count = 0; count < frames.Count; count++)
            {
                // A stop reason is the end in all but name.
                if (Streams.Read(egress, frames.Take(count)) is { IsEnded: true } or { Stop: not StopReason.None })
                {
                    break;
                }

                cut++;
                using var translation = new StreamTranslation(egress, ingress, Hop.Context(ingress, egress), Streams.Context(ingress, egress.Id));
                byte[] output = Streams.Translate(translation, frames.Take(count));
                Assert.False(translation.IsComplete, $"{exchange.Id} after {count} frames");
                Assert.False(Streams.Read(ingress, Streams.Frames(ingress, ingress.StreamContentType, output)).IsEnded,
                    $"{exchange.Id} after {count} frames");
                using var error = new PooledBuffer();
                translation.WriteError(ErrorMapping.Interrupted, error);
                AnswerDigest seen = Streams.Read(ingress, Streams.Frames(ingress, ingress.StreamContentType, (byte[])[.. output, .. error.Span]));
                Assert.True(seen.IsError, $"{exchange.Id} after {count} frames: no error");
            }
        }

        Assert.True(cut > 5);
    }

    private static (Protocol Egress, Protocol Ingress) Pair(string from, string to)
    {
        Assert.True(ProtocolNames.TryParse(from, out ProtocolId egress) & ProtocolNames.TryParse(to, out ProtocolId client));
        return (ProtocolTable.Get(egress), ProtocolTable.Get(client));
    }

    private static IEnumerable<CorpusExchange> Sample(ProtocolId protocol) =>
        Streams.Of(protocol).Where(static exchange => exchange.ResponseBody.Length is > 500 and < 12_000 && !exchange.IsJsonArray).Take(4);

    private static List<string> Faults(List<Frame> frames, Protocol egress, Protocol ingress, bool array)
    {
        using var translation = new StreamTranslation(egress, ingress, Hop.Context(ingress, egress), Streams.Context(ingress, egress.Id, array));
        byte[] output = Streams.Translate(translation, frames);
        AnswerDigest told = Streams.Read(egress, frames);
        if (told.IsError || told.Stop == StopReason.Error)
        {
            return translation.Error is null ? ["an error was not seen"] : [];
        }

        if (!told.IsEnded)
        {
            return translation.IsComplete && told.Stop == StopReason.None ? ["a cut stream ends cleanly"] : [];
        }

        if (!translation.IsComplete)
        {
            return ["a whole stream does not end"];
        }

        AnswerDigest seen = Streams.Read(ingress, Streams.Frames(ingress, array ? "application/json" : ingress.StreamContentType, output));
        List<string> faults = [.. ClientView.Faults(ingress.Id, told, seen, translation.Losses)];
        if (!seen.IsEnded && !seen.IsError)
        {
            faults.Add("the client sees no end");
        }

        return faults;
    }

    private static string Shown(List<Frame> frames, Protocol egress, Protocol ingress)
    {
        using var translation = new StreamTranslation(egress, ingress, Hop.Context(ingress, egress), Streams.Context(ingress, egress.Id));
        byte[] output = Streams.Translate(translation, frames);
        return Made().Replace(string.Join('\n', Streams.Frames(ingress, ingress.StreamContentType, output)
            .Select(static frame => $"{Encoding.UTF8.GetString(frame.Name.Span)} {Encoding.UTF8.GetString(frame.Data.Span)}")), "$1");
    }

    // Ids of items and padding are made up again each time.
    [GeneratedRegex("((?:fc|rs|msg|ctc|ig|call)_)[0-9A-Za-z]{20,}|\"(?:p|obfuscation)\":\"[^\"]*\"")]
    private static partial Regex Made();
}
