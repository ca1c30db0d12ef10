using Busbar.Ir;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Request.Tools;

public sealed class ToolIdsTests
{
    private static readonly ProtocolId[] Shaped = [ProtocolId.Anthropic, ProtocolId.OpenAI, ProtocolId.Bedrock, ProtocolId.Responses];

    [Fact]
    [Trait("gotcha", "T24")]
    [Trait("gotcha", "T26")]
    [Trait("gotcha", "T30")]
    public void Every_id_gets_the_clients_shape_and_different_ids_stay_different()
    {
        using var arena = new IrArena();
        var random = new Random(3);
        foreach (ProtocolId egress in Enum.GetValues<ProtocolId>())
        {
            string[] ids = [.. Enumerable.Range(0, 300).Select(_ => Id(random)).Distinct()];
            foreach (ProtocolId ingress in Shaped)
            {
                string prefix = System.Text.Encoding.ASCII.GetString(ToolIds.Prefix(ingress));
                string[] shown = [.. ids.Select(id => ToolIds.ToClient(egress, ingress, JsonText.From(id), arena).ToString())];
                Assert.Equal(ids.Length, shown.Distinct().Count());
                Assert.All(shown, id => Assert.Matches($"^{prefix}[A-Za-z0-9_-]+$", id));
                Assert.All(shown, id => Assert.InRange(id.Length, prefix.Length + 1, ingress == ProtocolId.OpenAI ? 40 : 64));
                Assert.Equal(shown, ids.Select(id => ToolIds.ToClient(egress, ingress, JsonText.From(id), arena).ToString()));
            }
        }
    }

    [Fact]
    [Trait("gotcha", "T25")]
    [Trait("gotcha", "T27")]
    public void What_a_client_sends_back_is_legal_at_any_provider_and_the_same_on_both_sides()
    {
        using var arena = new IrArena();
        var random = new Random(4);
        foreach (ProtocolId egress in Shaped)
        {
            foreach (string id in Enumerable.Range(0, 300).Select(_ => Id(random)))
            {
                JsonText sent = ToolIds.ToProvider(egress, JsonText.From(id), arena);
                Assert.True(sent.Equals(ToolIds.ToProvider(egress, JsonText.From(id), arena)));
                Assert.True(sent.Equals(ToolIds.ToProvider(egress, sent, arena)));
                Assert.Matches("^[A-Za-z0-9_-]+$", sent.ToString());
                Assert.InRange(sent.ToString().Length, 1, ToolIds.MaxLength(egress));
            }

            JsonText legal = JsonText.From("call_abc");
            Assert.True(legal.Equals(ToolIds.ToProvider(egress, legal, arena)));
        }
    }

    [Fact]
    [Trait("gotcha", "T28")]
    public void Cohere_and_Gemini_clients_see_ids_untouched()
    {
        using var arena = new IrArena();
        Assert.Equal("a b", ToolIds.ToClient(ProtocolId.OpenAI, ProtocolId.Cohere, JsonText.From("a b"), arena).ToString());
        Assert.Equal("a b", ToolIds.ToClient(ProtocolId.OpenAI, ProtocolId.Gemini, JsonText.From("a b"), arena).ToString());
    }

    private static string Id(Random random)
    {
        string prefix = random.Next(5) switch { 0 => "toolu_", 1 => "call_", 2 => "tooluse_", 3 => "", _ => "x.y:" };
        return prefix + new string([.. Enumerable.Range(0, random.Next(1, 80))
            .Select(_ => "abcXYZ019_-./ é"[random.Next(100) == 0 ? random.Next(15) : random.Next(11)])]);
    }
}
