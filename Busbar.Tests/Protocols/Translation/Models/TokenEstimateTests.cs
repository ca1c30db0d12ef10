using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Models;

/// <summary>An estimate that is too small makes clients run into their context limit.</summary>
public sealed class TokenEstimateTests
{
    private const double MaxMissing = 0.05;

    /// <summary>
    /// Input that is not in the request: results of tools the vendor ran meanwhile, state it kept, files it fetched, what the recorder cut out.
    /// </summary>
    private static readonly string[] Unseen = ["server-tool-call", "server-tool-result", "server-tool-replay", "media-trimmed", "req:mcp_servers",
        "req:prompt", "req:previous_response_id"];

    /// <summary>Exchanges billed for a prompt of the host's own, many times the request, or with a signature that the recorder shortened.</summary>
    private static readonly HashSet<string> HiddenPrompts =
    [
        "openai-chat-6fef536b90", "openai-chat-422cb4b410", "openai-responses-ef8ddc39a5", "openai-responses-72be03ae93",
        "openai-responses-bcb84f221c",
        "openai-responses-475b76cdb8", "openai-responses-269996cdcd", "openai-responses-eb8546bbbc", "anthropic-8a97d8085c",
    ];

    [SkippableFact]
    [Trait("lesson", "36")]
    public void Recorded_input_is_never_undercounted_by_more_than_a_twentieth()
    {
        Skip.IfNot(Corpus.Exists);
        List<(string Id, long Recorded, long Estimated)> counts = [.. Counts()];

        Assert.True(counts.Count > 600);
        Assert.DoesNotContain(counts, count => count.Estimated < count.Recorded * (1 - MaxMissing));
    }

    [SkippableFact]
    public void Recorded_input_of_some_length_is_overcounted_by_less_than_a_quarter_at_the_median()
    {
        Skip.IfNot(Corpus.Exists);
        double[] ratios = [.. Counts().Where(count => count.Recorded > 1000).Select(count => (double)count.Estimated / count.Recorded).Order()];

        Assert.True(ratios.Length > 50);
        Assert.True(ratios[ratios.Length / 2] < 1.25, $"median {ratios[ratios.Length / 2]:F2} of {ratios.Length}");
    }

    [Fact]
    public void More_text_never_counts_less_and_escapes_count_as_what_they_stand_for()
    {
        string[] texts = ["", "a", "a b", "word words wordier", "1234567890", "  \n\n  {\"a\":[1,2]}", "日本語のテキスト", "ünïcödé", "😀😀"];
        foreach (ProtocolId egress in Enum.GetValues<ProtocolId>())
        {
            long before = 0;
            var whole = new StringBuilder();
            foreach (string text in texts)
            {
                whole.Append(text);
                long now = Estimate(whole.ToString(), egress, escaped: false);
                Assert.True(now >= Math.Max(1, before));
                Assert.Equal(now, Estimate(whole.ToString(), egress, escaped: true));
                before = now;
            }
        }
    }

    private static long Estimate(string text, ProtocolId egress, bool escaped)
    {
        string json = string.Concat(text.Select(character => escaped || character is '"' or '\n' ? $"\\u{(int)character:x4}" : character.ToString()));
        using ChatRequest request = ChatRequest.Rent();
        Assert.Null(ProtocolTable.Get(ProtocolId.OpenAI).ReadRequest(
            Encoding.UTF8.GetBytes($$"""{"model":"m","messages":[{"role":"user","content":"{{json}}"}]}"""), default, false, request));
        return TokenEstimate.Of(request, egress);
    }

    private static IEnumerable<(string Id, long Recorded, long Estimated)> Counts()
    {
        foreach (CorpusExchange exchange in Corpus.All)
        {
            if (exchange.Request is null || exchange.Status != 200 || exchange.Tags.Any(Unseen.Contains) || HiddenPrompts.Contains(exchange.Id))
            {
                continue;
            }

            Protocol protocol = ProtocolTable.Get(exchange.Protocol);
            long recorded = UsageOf(exchange, protocol).TotalInput;
            using ChatRequest request = ChatRequest.Rent();
            if (recorded > 0
                && protocol.ReadRequest(exchange.Request.Body, JsonText.From("m"), false, request) is null
                && request.VendorState is null
                && !request.Messages.SelectMany(message => message.Blocks).Any(IsElsewhere))
            {
                yield return (exchange.Id, recorded, TokenEstimate.Of(request, exchange.Protocol));
            }
        }
    }

    private static bool IsElsewhere(Block block) =>
        (block.Source is MediaSource.Url or MediaSource.Vendor
            && block.Kind is BlockKind.Image or BlockKind.Document or BlockKind.Audio or BlockKind.Video)
        || (block.Children ?? []).Any(IsElsewhere);

    private static Usage UsageOf(CorpusExchange exchange, Protocol protocol)
    {
        if (exchange.IsUnaryAnswer)
        {
            return protocol.ReadUsage(exchange.ResponseBody);
        }

        IStreamTap tap = protocol.NewStreamTap();
        using IFramer framer = protocol.NewFramer(exchange.ContentType);
        exchange.ResponseBody.CopyTo(framer.GetMemory(exchange.ResponseBody.Length));
        framer.Advance(exchange.ResponseBody.Length);
        framer.Complete();
        while (framer.TryRead(out Frame frame) == FrameResult.Frame)
        {
            tap.Observe(frame);
        }

        return tap.Usage;
    }
}
