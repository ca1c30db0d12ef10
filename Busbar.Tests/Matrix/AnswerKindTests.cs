using System.Text;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Response;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Matrix;

/// <summary>
/// Every kind of answer, shown to clients of every protocol: nothing that is no answer looks like one, and nothing that is one is lost.
/// </summary>
public sealed class AnswerKindTests
{
    public static TheoryData<string, string> Kinds
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (AnswerKind kind in AnswerKind.All)
            {
                foreach (Protocol client in Hop.Protocols.Where(client => client.Id != kind.Egress))
                {
                    data.Add(kind.Name, client.Id.Name());
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_whole_answer_is_what_it_is(string name, string client)
    {
        (AnswerKind kind, Protocol egress, Protocol ingress) = Find(name, client);
        if (kind.Whole is null)
        {
            return;
        }

        TranslationContext context = Hop.Context(ingress, egress);
        using ChatResponse response = ChatResponse.Rent();
        using var output = new PooledBuffer();
        bool isRead = ResponseTranslation.Translate(Encoding.UTF8.GetBytes(kind.Whole), egress, ingress, context, Hop.Identity(ingress, egress.Id),
            response, output);
        Assert.Equal(kind.IsFailure, !isRead || response.Failure is not null);
        if (kind.IsFailure)
        {
            Assert.Contains(kind.Words ?? "", response.Failure?.Error.Message ?? "");
            return;
        }

        Assert.Equal([], Shapes.Answer(ingress.Id, output.Span.ToArray()));
        using ChatResponse seen = ChatResponse.Rent();
        Assert.True(ingress.ReadResponse(output.Span.ToArray(), seen));
        Same(kind, new AnswerDigest(seen), ingress.Id);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_stream_is_what_it_is_however_it_is_cut(string name, string client)
    {
        (AnswerKind kind, Protocol egress, Protocol ingress) = Find(name, client);
        foreach (int step in kind.Stream is null ? [] : new[] { 1, 7, int.MaxValue })
        {
            using var translation = new StreamTranslation(egress, ingress, Hop.Context(ingress, egress), Streams.Context(ingress, egress.Id));
            byte[] output = Streams.Translate(translation, Streams.Frames(
                egress, egress.StreamContentType, Encoding.UTF8.GetBytes(kind.Stream!), step));
            Assert.Equal(!kind.IsFailure, translation.IsComplete);
            Assert.Contains(kind.Words ?? "", translation.Error?.Error.Message ?? "");
            if (!kind.IsFailure)
            {
                Same(kind, Streams.Read(ingress, Streams.Frames(ingress, ingress.StreamContentType, output)), ingress.Id);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_stream_that_nobody_asked_for_is_put_together_to_the_same(string name, string client)
    {
        (AnswerKind kind, Protocol egress, Protocol ingress) = Find(name, client);
        if (kind.Stream is null)
        {
            return;
        }

        TranslationContext context = Hop.Context(ingress, egress);
        using ChatResponse response = ChatResponse.Rent();
        using var whole = new EventsAsWhole(egress, response);
        foreach (Frame frame in Streams.Frames(egress, egress.StreamContentType, Encoding.UTF8.GetBytes(kind.Stream)))
        {
            whole.Feed(frame, ref context.Losses);
        }

        bool isRead = whole.Complete(ref context.Losses);
        Assert.Equal(kind.IsFailure, !isRead || response.Failure is not null);
        if (kind.IsFailure)
        {
            return;
        }

        using var output = new PooledBuffer();
        Assert.True(ResponseTranslation.TryWrite(response, ingress, context, Hop.Identity(ingress, egress.Id), output));
        using ChatResponse seen = ChatResponse.Rent();
        Assert.True(ingress.ReadResponse(output.Span.ToArray(), seen));
        Same(kind, new AnswerDigest(seen), ingress.Id);
    }

    [Fact]
    public void A_word_that_nobody_knows_is_counted()
    {
        (AnswerKind kind, Protocol egress, Protocol ingress) = Find("stop word somethingNobodyKnows", "anthropic");
        TranslationContext context = Hop.Context(ingress, egress);
        using ChatResponse response = ChatResponse.Rent();
        using var output = new PooledBuffer();
        Assert.True(ResponseTranslation.Translate(Encoding.UTF8.GetBytes(kind.Whole!), egress, ingress, context, Hop.Identity(ingress, egress.Id),
            response, output));
        Assert.Contains(LossField.StopReason, Hop.Fields(context.Losses));
    }

    private static (AnswerKind Kind, Protocol Egress, Protocol Ingress) Find(string name, string client)
    {
        AnswerKind kind = AnswerKind.All.Single(kind => kind.Name == name);
        Assert.True(ProtocolNames.TryParse(client, out ProtocolId ingress));
        return (kind, ProtocolTable.Get(kind.Egress), ProtocolTable.Get(ingress));
    }

    private static void Same(AnswerKind kind, AnswerDigest seen, ProtocolId client)
    {
        Assert.Equal(kind.Text, seen.Text);
        Assert.Equal(kind.Calls, seen.Calls);
        if (kind.Tokens is { } tokens)
        {
            Assert.Equal(tokens, seen.Tokens);
        }

        StopReason stop = seen.Stop == StopReason.Refusal ? StopReason.Safety : seen.Stop;

        // Cohere's word for filtered content is that for every failure; Gemini's for an unknown end says just that.
        bool isVague = (client == ProtocolId.Cohere && kind.Stop == StopReason.Safety) || (client == ProtocolId.Gemini && stop == StopReason.Other);
        Assert.True(isVague || stop == kind.Stop, $"{stop} for {kind.Stop}");
    }
}
