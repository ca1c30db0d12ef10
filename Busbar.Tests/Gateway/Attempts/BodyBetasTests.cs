using System.Text;
using Busbar.Configuration.Model.Providers;
using Busbar.Gateway.Attempts;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Gateway.Attempts;

public sealed class BodyBetasTests
{
    [Theory]
    [InlineData("anthropic", """{"anthropic_beta":["a","b"],"x":1}""", """{"anthropic_beta":["b"],"x":1}""", "a")]
    [InlineData("anthropic", """{"betas": [ "b" , "a" ],"x":1}""", """{"betas":["b"],"x":1}""", "a")]
    [InlineData("anthropic", """{"betas":["a"],"betas":["b","a","c"]}""", """{"betas":[],"betas":["b","c"]}""", "a,a")]
    [InlineData("anthropic", """{"b\u0065tas":["\u0061"]}""", """{"b\u0065tas":[]}""", "a")]
    [InlineData("anthropic", """{"betas":[["a"],{"a":"a"},1,null,"a"]}""", """{"betas":[["a"],{"a":"a"},1,null]}""", "a")]
    [InlineData("anthropic", """{"betas":["aa","A"],"metadata":{"betas":["a"]},"messages":[{"betas":["a"]}]}""", null, "")]
    [InlineData("anthropic", """{"betas":"a","\ud800":["a"]}""", null, "")]
    [InlineData("bedrock", """{"additionalModelRequestFields":{"anthropic_beta":["a","d"]},"messages":[]}""",
        """{"additionalModelRequestFields":{"anthropic_beta":[]},"messages":[]}""", "a,d")]
    [InlineData("bedrock", """{"anthropic_beta":["a"],"messages":[]}""", null, "")]
    [InlineData("openai", """{"betas":["a"]}""", null, "")]
    public void What_a_provider_denies_is_left_out_and_everything_else_keeps_its_place(string protocol, string body, string? expected, string left)
    {
        ProviderConfig provider = Provider($"protocol: {protocol}, base_url: 'https://example.com', deny_betas: [a, d]");
        byte[] sent = Encoding.UTF8.GetBytes(body);
        List<string>? denied = null;

        ReadOnlyMemory<byte> result = BodyBetas.Without(provider, sent, ref denied);

        Assert.Equal(left, string.Join(',', denied ?? []));
        Assert.Equal(body, Encoding.UTF8.GetString(sent));
        Assert.Equal(sent.Length, result.Length);
        Assert.Equal((expected ?? body).Replace(" ", "", StringComparison.Ordinal),
            Encoding.UTF8.GetString(result.Span).Replace(" ", "", StringComparison.Ordinal));
        Assert.Equal(expected is null, result.Equals(sent.AsMemory()));
    }

    [Fact]
    public void Without_a_list_no_body_is_looked_at()
    {
        byte[] body = "{\"betas\":[\"a\"]}"u8.ToArray();
        List<string>? denied = null;

        Assert.True(BodyBetas.Without(Provider("protocol: anthropic, base_url: 'https://example.com'"), body, ref denied).Equals(body.AsMemory()));
        Assert.Null(denied);
    }

    private static ProviderConfig Provider(string settings) =>
        ConfigText.Valid(ConfigText.With(providers: $"{{openai: {{api_key_env: OPENAI_KEY, {settings}}}}}")).Providers["openai"];
}
