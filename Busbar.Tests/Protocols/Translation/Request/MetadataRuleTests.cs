using System.Text.Json;
using Busbar.Ir;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Protocols.Translation.Request;

/// <summary>Pairs attached to a request go out within the limits of their vendor.</summary>
public sealed class MetadataRuleTests
{
    [Theory]
    [InlineData("responses", 64, 512, true)]
    [InlineData("responses", 65, 512, false)]
    [InlineData("responses", 64, 513, false)]
    [InlineData("bedrock", 256, 256, true)]
    [InlineData("bedrock", 64, 257, false)]
    public void A_pair_that_is_too_long_is_left_out_and_counted(string egressName, int name, int value, bool isKept)
    {
        ProtocolId egress = Hop.Named(egressName);
        Carried request = Send(egress, $$"""{"{{new string('n', name)}}":"{{new string('v', value)}}","k":"ok"}""");
        Assert.Equal(isKept ? 2 : 1, Pairs(request).Count);
        Assert.Equal(!isKept, Hop.Fields(request.Losses).Contains(LossField.Metadata));
    }

    [Theory]
    [InlineData("responses")]
    [InlineData("bedrock")]
    public void Sixteen_pairs_of_strings_go_out(string egressName)
    {
        ProtocolId egress = Hop.Named(egressName);
        Carried request =
            Send(egress,
            $$"""{ {{string.Join(',', Enumerable.Range(0, 20).Select(static pair => $"\"k{pair}\":{(pair == 3 ? "7" : "\"v\"")}"))}} }""");
        Assert.Equal(16, Pairs(request).Count);
        Assert.All(Pairs(request), static pair => Assert.Equal(JsonValueKind.String, pair.Value.ValueKind));
        Assert.Contains(LossField.Metadata, Hop.Fields(request.Losses));
    }

    [Fact]
    public void What_a_vendors_letters_cannot_say_is_left_out()
    {
        Assert.Equal(["team"], Pairs(Send(ProtocolId.Bedrock, """{"team":"blue/green","note":"naïve","sign":"a<b"}"""))
            .Select(static pair => pair.Name));
        Assert.Equal(3, Pairs(Send(ProtocolId.Responses, """{"team":"blue","note":"naïve","sign":"a<b"}""")).Count);
    }

    [Theory]
    [InlineData("responses")]
    [InlineData("bedrock")]
    public void Nothing_is_no_loss(string egressName)
    {
        ProtocolId egress = Hop.Named(egressName);
        Carried request = Send(egress, "{}");
        Assert.Empty(Pairs(request));
        Assert.Empty(Hop.Fields(request.Losses));
    }

    [Fact]
    public void A_cache_key_beyond_the_vendors_length_becomes_a_stable_short_one()
    {
        string Key(string key) => Carried.Request(
            ProtocolId.OpenAI, ProtocolId.Responses, $$"""{"model":"m","prompt_cache_key":"{{key}}","messages":[{"role":"user","content":"hi"}]}""")
                .Json.GetProperty("prompt_cache_key").GetString()!;
        string from = new('a', 90);
        Assert.Equal(43, Key(from).Length);
        Assert.Equal(Key(from), Key(from));
        Assert.NotEqual(Key(from), Key(from + "b"));
        Assert.Equal(new string('a', 64), Key(new string('a', 64)));
    }

    private static Carried Send(ProtocolId egress, string metadata) =>
        Carried.Request(ProtocolId.OpenAI, egress, $$"""{"model":"m","metadata":{{metadata}},"messages":[{"role":"user","content":"hi"}]}""");

    private static List<JsonProperty> Pairs(Carried request) =>
        request.Json.TryGetProperty("metadata", out JsonElement pairs) || request.Json.TryGetProperty("requestMetadata", out pairs)
            ? [.. pairs.EnumerateObject()] : [];
}
