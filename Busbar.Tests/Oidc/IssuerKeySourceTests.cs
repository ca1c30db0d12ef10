using Busbar.Configuration.Model;
using Busbar.Observability.Metrics;
using Busbar.Oidc;
using Busbar.Tests.Scenarios.Harness;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Oidc;

public sealed class IssuerKeySourceTests
{
    private static readonly JwtIssuerConfig Config = new() { Issuer = TestIssuer.Name, JwksUrl = "https://issuer.example/keys", Audiences =
        ["busbar"] };

    private readonly TestIssuer _issuer = new();
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Keys_are_fetched_once_for_all_who_wait_and_then_kept()
    {
        var gate = new TaskCompletionSource();
        var network = new FakeIssuerNetwork(async (_, _) =>
        {
            await gate.Task;
            return _issuer.Jwks;
        });
        IssuerKeySource source = Source(network);
        Task<bool>[] waiting = [.. Enumerable.Range(0, 50).Select(_ => HasAsync(source, "r1"))];
        gate.SetResult();

        Assert.All(await Task.WhenAll(waiting), Assert.True);
        Assert.True(await HasAsync(source, "r1"));
        Assert.Single(network.Asked);
    }

    [Fact]
    public async Task An_unknown_key_means_one_fetch_and_then_none_for_a_while()
    {
        var network = new FakeIssuerNetwork(() => _issuer.Jwks);
        IssuerKeySource source = Source(network);
        Assert.True(await HasAsync(source, "r1"));
        for (int index = 0; index < 100; index++)
        {
            Assert.False(await HasAsync(source, $"k{index}"));
        }

        Assert.Equal(2, network.Asked.Count);
        Assert.True(await HasAsync(source, "r1"));
        _time.Advance(IssuerKeySource.Pause);
        Assert.False(await HasAsync(source, "k"));
        Assert.Equal(3, network.Asked.Count);
    }

    [Fact]
    public async Task A_key_that_the_issuer_has_changed_is_found_at_once()
    {
        IssuerKeySource source = Source(new FakeIssuerNetwork(() => _issuer.Jwks));
        foreach (string id in (string[])["r1", "r2", "r3"])
        {
            _issuer.RsaId = id;
            Assert.True(await HasAsync(source, id));
        }

        Assert.False(await HasAsync(source, "r1"));
    }

    [Fact]
    public async Task Keys_that_never_come_hold_up_nobody_who_has_a_known_one()
    {
        bool isSilent = false;
        var network = new FakeIssuerNetwork(async (_, cancellation) =>
        {
            if (isSilent)
            {
                await Task.Delay(Timeout.Infinite, cancellation);
            }

            return _issuer.Jwks;
        });
        IssuerKeySource source = Source(network);
        Assert.True(await HasAsync(source, "r1"));
        isSilent = true;
        Task<bool> waits = HasAsync(source, "r2");
        Assert.True(await HasAsync(source, "r1"));
        Assert.False(waits.IsCompleted);

        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                return waits.IsCompleted;
            },
            "a fetch has an end");
        Assert.False(await waits);
        Assert.True(await HasAsync(source, "r1"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("<html>")]
    [InlineData("""{"keys":[]}""")]
    [InlineData("""{"keys":{"kid":"r1"}}""")]
    [InlineData("""{"keys":[{"kty":"oct","kid":"r1","k":"c2VjcmV0"}]}""")]
    [InlineData("""{"keys":[{"kty":"RSA","kid":"r1","n":"AQAB","e":"AQAB"}]}""")]
    [InlineData("""{"keys":[{"kty":"EC","kid":"r1","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE","y":"AAAAAAAAAAAAAAAAAAAAAAAAA""" +
        """AAAAAAAAAAAAAAAAAE"}]}""")]
    [InlineData("""{"keys":[{"kty":"EC","kid":"r1","crv":"secp256k1","x":"AA","y":"AA"}]}""")]
    public async Task A_document_without_a_key_that_checks_signatures_gives_none(string document)
    {
        IssuerKeySource source = Source(new FakeIssuerNetwork(() => document));
        Assert.Equal((null, TokenFault.KeysUnavailable), await source.FindAsync("r1", "RS256", CancellationToken.None));
    }

    [Theory]
    [InlineData(""","use":"enc" """, false)]
    [InlineData(""","use":"sig" """, true)]
    [InlineData(""","key_ops":["sign"]""", false)]
    [InlineData(""","key_ops":["verify"]""", true)]
    [InlineData(""","alg":"RS512" """, false)]
    [InlineData(""","alg":"RS256" """, true)]
    public async Task A_key_is_used_for_what_it_is_meant_for(string more, bool isUsed)
    {
        IssuerKeySource source = Source(new FakeIssuerNetwork(() => $$"""{"keys":[{{_issuer.CurveJwk}},{{_issuer.RsaJwk(more)}}]}"""));
        Assert.Equal(isUsed, await HasAsync(source, "r1"));
    }

    [Theory]
    [InlineData(TestIssuer.Name, true)]
    [InlineData("https://other.example", false)]
    public async Task Keys_are_found_by_discovery_where_it_is_that_of_the_issuer(string named, bool isFound)
    {
        var network = new FakeIssuerNetwork((url, _) => Task.FromResult(
            url.EndsWith("/.well-known/openid-configuration", StringComparison.Ordinal)
                ? $$"""{"issuer":"{{named}}","jwks_uri":"https://keys.example/jwks"}""" : _issuer.Jwks));
        IssuerKeySource source = Source(network, Config with { JwksUrl = null });

        Assert.Equal(isFound, await HasAsync(source, "r1"));
        Assert.Equal(TestIssuer.Name + "/.well-known/openid-configuration", network.Asked[0]);
        Assert.Equal(isFound ? 2 : 1, network.Asked.Count);
    }

    [Fact]
    public async Task Keys_that_cannot_be_fetched_again_are_used_for_a_day()
    {
        bool isGone = false;
        var network = new FakeIssuerNetwork(() => isGone ? throw new IssuerException("gone") : _issuer.Jwks);
        IssuerKeySource source = Source(network);
        Assert.True(await HasAsync(source, "r1"));
        isGone = true;
        _time.Advance(IssuerKeySource.MaxAge);
        Assert.True(await HasAsync(source, "r1"));
        await Eventually.TrueAsync(() => network.Asked.Count == 2, "tried again beside");
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.False(await HasAsync(source, "r1"));
    }

    private IssuerKeySource Source(IIssuerNetwork network, JwtIssuerConfig? config = null)
        => new(config ?? Config, network, new Metrics(), _time, NullLogger.Instance);

    private static async Task<bool> HasAsync(IssuerKeySource source, string id) => (await source.FindAsync(id, "RS256", CancellationToken.None))
        .Key is not null;
}
