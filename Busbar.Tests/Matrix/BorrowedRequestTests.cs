using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Request;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Matrix;

/// <summary>A request that points at the client's bytes instead of copying them is the same request.</summary>
public sealed class BorrowedRequestTests
{
    public static TheoryData<string, string> Pairs => Hop.PairNames;

    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    public void A_recorded_request_is_translated_to_the_same_bytes_whether_they_are_copied_or_pointed_at(string from, string to)
    {
        Skip.IfNot(Corpus.Exists);
        Assert.True(ProtocolNames.TryParse(from, out ProtocolId source) & ProtocolNames.TryParse(to, out ProtocolId egress));
        int pieces = 0;
        foreach (CorpusExchange exchange in RecordedRequests.Accepted(source))
        {
            using var copied = new PooledBuffer();
            GatewayError? refusal = Translate(exchange, egress, copied);
            foreach (int least in (ReadOnlySpan<int>)[2, 16, PooledBuffer.MinBorrowed])
            {
                using var borrowing = PooledBuffer.Borrowing(exchange.Request!.Body, least);
                Assert.Equal(refusal, Translate(exchange, egress, borrowing));
                var body = new SplicedBody(borrowing);
                using var joined = new PooledBuffer();
                body.WriteTo(joined);
                Assert.True(copied.Span.SequenceEqual(joined.Span), $"{exchange.Id}, stretches of {least} bytes");
                Assert.Equal(joined.Length, body.Length);
                pieces += body.Count - 1;
            }
        }

        Assert.InRange(pieces, 1000, int.MaxValue);
    }

    private static GatewayError? Translate(CorpusExchange exchange, ProtocolId egress, PooledBuffer output)
    {
        EgressTarget target = Hop.Target(egress);
        using ChatRequest request = ChatRequest.Rent();
        return RequestTranslation.Translate(
            exchange.Request!.Body,
            JsonText.From(exchange.Model),
            RecordedRequests.Streams(exchange),
            ProtocolTable.Get(exchange.Protocol),
            ProtocolTable.Get(egress),
            target,
            new TranslationContext(exchange.Protocol, egress, target),
            request,
            output);
    }
}
