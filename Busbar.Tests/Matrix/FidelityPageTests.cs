using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Matrix;

/// <summary>What becomes of every field and block at every target, tried out and written down as <c>docs/fidelity.md</c>.</summary>
public sealed class FidelityPageTests
{
    private const string Intro = """
        # What translation keeps

        A request that goes to a provider of its own protocol is passed on unchanged. For every other pair of protocols, this page says what becomes of each field and block.
        It is written by a test that carries each of them to every protocol and reads the result back.

        - **kept**: arrives with the same meaning.
        - **mapped**: arrives in the target's nearest form; where that says less, the loss is counted.
        - **dropped**: does not arrive; counted in `busbar_translation_losses_total` and logged under the name in the last column.
        - **implied**: needs no words of its own there: the target does it anyway, or another field says it.
        - **refused**: answered with the protocol's own 400.

        What a single model does not accept (sampling, thinking, forced calls, …) is dropped and counted in the same way; this page shows models that accept all their protocol can say.


        """;

    [Fact]
    public void The_page_says_what_is_done_and_nothing_is_lost_in_silence()
    {
        var silent = new List<string>();
        string page = Intro.ReplaceLineEndings("\n") + Table(silent);
        Assert.True(silent.Count == 0, "Lost without being counted:\n" + string.Join('\n', silent));
        string path = Path.Combine(Corpus.RepositoryRoot, "docs", "fidelity.md");
        if (Environment.GetEnvironmentVariable("BUSBAR_WRITE_DOCS") == "1")
        {
            File.WriteAllText(path, page);
        }

        Assert.True(File.Exists(path) && File.ReadAllText(path) == page,
            "docs/fidelity.md is out of date: run this test with BUSBAR_WRITE_DOCS=1 to write it.");
    }

    private static string Table(List<string> silent)
    {
        var table = new StringBuilder("| | ");
        table.AppendJoin(" | ", Hop.Protocols.Select(static protocol => protocol.Id.Name())).Append(" | counted as |\n|---|---|");
        table.Insert(table.Length, "---|", Hop.Protocols.Count).Append('\n');
        foreach (FidelityRow row in FidelityRows.All)
        {
            table.Append("| ").Append(row.Name);
            var counted = new SortedSet<string>(StringComparer.Ordinal);
            foreach (Protocol egress in Hop.Protocols)
            {
                string fate = Fate(row, egress, counted);
                table.Append(" | ").Append(fate);
                if (fate == "silent")
                {
                    silent.Add($"{row.Name} at {egress.Id.Name()}");
                }
            }

            table.Append(" | ").AppendJoin(", ", counted.Select(static name => $"`{name}`")).Append(" |\n");
        }

        return table.ToString();
    }

    private static string Fate(FidelityRow row, Protocol egress, SortedSet<string> counted)
    {
        (RequestDigest plainSent, RequestDigest plainArrived, Losses before) = Carry(row.Base, row, egress)!.Value;
        if (Carry(row.Say, row, egress) is not { } carried)
        {
            return "refused";
        }

        (RequestDigest sent, RequestDigest arrived, Losses losses) = carried;
        LossField[] fields = [.. Hop.Fields(losses).Except(Hop.Fields(before))];
        counted.UnionWith(fields.Select(static field => Metrics.LabelOf(field)));
        string[] said = [.. RequestDigest.Aspects.Keys.Where(aspect => sent.Values[aspect] != plainSent.Values[aspect])];
        if (fields.Length == 0 && said.All(aspect => !RequestDigest.IsChanged(aspect, sent.Values[aspect], arrived.Values[aspect])))
        {
            return "kept";
        }

        bool nothing = RequestDigest.Aspects.Keys.All(aspect => arrived.Values[aspect] == plainArrived.Values[aspect]);
        return !nothing ? "mapped"
            : fields.Length > 0 || !before.IsEmpty ? "dropped"
            : row.Implied.Contains(egress.Id) ? "implied"
            : "silent";
    }

    // Null when the request is refused.
    private static (RequestDigest Sent, RequestDigest Arrived, Losses Losses)? Carry(Action<ChatRequest> say, FidelityRow row, Protocol egress)
    {
        Protocol ingress = ProtocolTable.Get(egress.Id == ProtocolId.OpenAI ? row.ForOpenAI : ProtocolId.OpenAI);
        var target = new EgressTarget { WireModel = Hop.Target(egress.Id).WireModel, Capabilities =
            new() { CustomTools = true, CacheBreakpoints = true, WebSearch = true } };
        var context = new TranslationContext(ingress.Id, egress.Id, target);
        using ChatRequest request = ChatRequest.Rent();
        Fill(request, say, ingress.Id, egress.Id);
        using ChatRequest same = ChatRequest.Rent();
        Fill(same, say, ingress.Id, egress.Id);
        var sent = new RequestDigest(same);
        if (RequestAdapter.Prepare(request, ingress, egress, target, context) is not null)
        {
            return null;
        }

        using var output = new PooledBuffer();
        egress.WriteRequest(request, target, new JsonWriter(output), ref context.Losses);
        using ChatRequest arrived = ChatRequest.Rent();
        byte[] body = output.Span.ToArray();
        Assert.Null(egress.ReadRequest(body, target.WireModelText, false, arrived));
        return (sent, new RequestDigest(arrived, name => context.ClientTool(name).Name), context.Losses);
    }

    private static void Fill(ChatRequest request, Action<ChatRequest> say, ProtocolId source, ProtocolId target)
    {
        request.Source = source;
        request.Model = JsonText.From("any");
        request.AddMessage(Role.User).Blocks.Add(request.Arena.NewText(JsonText.From("Hello")));
        request.AddMessage(Role.Assistant).Blocks.Add(request.Arena.NewText(JsonText.From("Well.")));
        request.AddMessage(Role.User).Blocks.Add(request.Arena.NewText(JsonText.From("And now?")));
        say(request);
        foreach (Block block in request.Messages.SelectMany(static message => message.Blocks))
        {
            // 255 stands for a vendor that is neither side; what says nothing is the target's own.
            block.Origin = block.Origin == (ProtocolId)255 ? Third(source, target) : block.Kind == BlockKind.Thinking ? target : source;
        }
    }

    private static ProtocolId Third(ProtocolId source, ProtocolId target) =>
        target == ProtocolId.Gemini ? ProtocolId.Anthropic : source == ProtocolId.Gemini ? ProtocolId.Cohere : ProtocolId.Gemini;
}
