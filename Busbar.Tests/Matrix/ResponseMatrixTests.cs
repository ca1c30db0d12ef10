using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Response;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;

namespace Busbar.Tests.Matrix;

/// <summary>Every recorded whole answer, shown to clients of every other protocol.</summary>
public sealed class ResponseMatrixTests
{
    private static readonly string[] Prefixes = ["msg_", "toolu_", "chatcmpl-", "call_", "resp_", "tooluse_"];

    public static TheoryData<string, string> Pairs => Hop.PairNames;

    [SkippableTheory]
    [MemberData(nameof(Pairs))]
    [Trait("gotcha", "T21")]
    public void A_recorded_answer_says_the_same_to_every_other_client(string from, string to)
    {
        Skip.IfNot(Corpus.Exists);
        Assert.True(ProtocolNames.TryParse(from, out ProtocolId egress) & ProtocolNames.TryParse(to, out ProtocolId client));
        var faults = new List<string>();
        int seen = 0;
        foreach (CorpusExchange exchange in Corpus.Of(egress).Where(static exchange => exchange.IsUnaryAnswer))
        {
            if (Faults(exchange, ProtocolTable.Get(egress), ProtocolTable.Get(client)) is { } found)
            {
                seen++;
                faults.AddRange(found.Select(fault => $"{exchange.Id} to client: {fault}"));
            }
        }

        Assert.True(seen > 60, $"{seen} answers");
        Assert.True(faults.Count == 0, $"{faults.Count} faults in {seen}\n{string.Join('\n', faults.Take(40))}");
    }

    // Null for what is no answer: counted tokens, a failure inside a 200, a model that broke.
    private static List<string>? Faults(CorpusExchange exchange, Protocol egress, Protocol ingress)
    {
        using ChatResponse told = ChatResponse.Rent();
        if (!ResponseTranslation.TryRead(exchange.ResponseBody, egress, told) || told.Failure is not null)
        {
            return null;
        }

        using ChatResponse scratch = ChatResponse.Rent();
        using var output = new PooledBuffer();
        TranslationContext context = Hop.Context(ingress, egress);
        Assert.True(ResponseTranslation.Translate(exchange.ResponseBody, egress, ingress, context, Hop.Identity(ingress, egress.Id), scratch,
            output));
        byte[] body = output.Span.ToArray();
        List<string> faults = [.. Shapes.Answer(ingress.Id, body)
            .Where(fault => told.StopReason != StopReason.None || !fault.Contains("finish_reason", StringComparison.Ordinal))
            .Select(static fault => "schema: " + fault)];
        using JsonDocument said = JsonDocument.Parse(exchange.ResponseBody);
        using JsonDocument shown = JsonDocument.Parse(body);
        faults.AddRange(context.Losses.IsEmpty ? Scalars.Missing(said.RootElement, shown.RootElement).Select(static fault => "not found: " + fault)
            : []);
        using ChatResponse seen = ChatResponse.Rent();
        if (!ingress.ReadResponse(body, seen))
        {
            return [.. faults, "cannot be read back"];
        }

        faults.AddRange(ClientView.Faults(ingress.Id, new AnswerDigest(told), new AnswerDigest(seen), context.Losses));
        string text = Encoding.UTF8.GetString(body);
        faults.AddRange(Prefixes.Where(prefix => !IsNative(ingress.Id, prefix) && text.Contains($"\"{prefix}", StringComparison.Ordinal))
            .Select(static prefix => $"shows an id {prefix}"));
        if (!told.Id.IsNullOrEmpty && text.Contains($"\"{told.Id}\"", StringComparison.Ordinal))
        {
            faults.Add("shows the provider's id");
        }

        return faults;
    }

    // Clients of Gemini and Cohere see call ids as they are: theirs have no shape.
    private static bool IsNative(ProtocolId client, string prefix) => client switch
    {
        ProtocolId.Anthropic => prefix is "msg_" or "toolu_",
        ProtocolId.OpenAI => prefix is "chatcmpl-" or "call_",
        ProtocolId.Responses => prefix is "resp_" or "msg_" or "call_",
        ProtocolId.Bedrock => prefix is "tooluse_",
        _ => prefix is "toolu_" or "call_" or "tooluse_",
    };
}
