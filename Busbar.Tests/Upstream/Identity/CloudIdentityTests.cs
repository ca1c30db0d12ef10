using Busbar.Configuration.Model.Providers;
using Busbar.Upstream.Identity;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Upstream.Identity;

/// <summary>One attempt at once, ahead of the end; the former credential serves while it is valid.</summary>
public sealed class CloudIdentityTests : IDisposable
{
    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_767_225_600));
    private readonly NumberedSource _source = new();
    private readonly NotedEvents _events = new();
    private readonly CloudIdentity _identity;

    public CloudIdentityTests() => _identity = new CloudIdentity(new IdentityConfig { Kind = IdentityKind.Google }, _source, _events, _time, () => 0);

    public void Dispose() => _identity.Dispose();

    [Fact]
    public async Task All_who_wait_get_what_one_attempt_gives()
    {
        Task<MintedCredential>[] waiting = [.. Enumerable.Range(0, 100).Select(_ => _identity.GetAsync(CancellationToken.None).AsTask())];
        await _source.GiveAsync(1, "one", _time.GetUtcNow() + Hour);

        Assert.All(await Task.WhenAll(waiting), credential => Assert.Equal("Bearer one", credential.Authorization));
        Assert.True(_identity.GetAsync(CancellationToken.None).IsCompletedSuccessfully);
        Assert.Equal(1, _source.Count);
    }

    [Fact]
    public async Task Whoever_stops_waiting_does_not_end_the_attempt_of_the_others()
    {
        using var leaves = new CancellationTokenSource();
        Task<MintedCredential> gone = _identity.GetAsync(leaves.Token).AsTask();
        Task<MintedCredential> stays = _identity.GetAsync(CancellationToken.None).AsTask();
        await leaves.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => gone);

        await _source.GiveAsync(1, "one", _time.GetUtcNow() + Hour);

        Assert.Equal("one", (await stays).Token);
    }

    [Theory]
    [InlineData(3600, 2880)]
    [InlineData(43200, 42300)]
    [InlineData(900, 600)]
    [InlineData(60, 30)]
    public async Task It_is_renewed_ahead_of_its_end_and_the_former_serves_until_then(int life, int due)
    {
        await GetAsync(1, "one", TimeSpan.FromSeconds(life));
        _time.Advance(TimeSpan.FromSeconds(due - 1));
        Assert.Equal(1, _source.Count);

        _time.Advance(TimeSpan.FromSeconds(1));
        await Scenarios.Harness.Eventually.TrueAsync(() => _source.Count == 2, "renewed");
        Assert.Equal("one", (await _identity.GetAsync(CancellationToken.None)).Token);
        await _source.GiveAsync(2, "two", _time.GetUtcNow() + Hour);
        await _events.ToldAsync(2);

        Assert.Equal("two", (await _identity.GetAsync(CancellationToken.None)).Token);
    }

    [Fact]
    public async Task The_former_credential_serves_while_its_successor_cannot_be_had_and_no_longer_than_it_is_valid()
    {
        await GetAsync(1, "one", Hour);
        _time.Advance(TimeSpan.FromMinutes(48));
        await _source.FailAsync(2);
        await _events.ToldAsync(2);

        Assert.Equal("one", (await _identity.GetAsync(CancellationToken.None)).Token);
        Assert.Equal("failed refused, former serves", _events.Notes[1]);
        Assert.Equal("refused", _identity.Failure);

        // Tried again by itself, after a pause.
        _time.Advance(TimeSpan.FromSeconds(1));
        await _source.FailAsync(3);
        await _events.ToldAsync(3);

        _time.Advance(TimeSpan.FromMinutes(12));
        Assert.Null(_identity.Current);
        Task<MintedCredential> next = _identity.GetAsync(CancellationToken.None).AsTask();
        await _source.GiveAsync(4, "two", _time.GetUtcNow() + Hour);
        Assert.Equal("two", (await next).Token);
        Assert.Null(_identity.Failure);
    }

    [Fact]
    public async Task Shortly_after_a_failure_requests_are_told_so_at_once_and_pauses_grow()
    {
        Task<MintedCredential> first = _identity.GetAsync(CancellationToken.None).AsTask();
        await _source.FailAsync(1);
        await Assert.ThrowsAsync<IdentityException>(() => first);

        IdentityException told = await Assert.ThrowsAsync<IdentityException>(() => _identity.GetAsync(CancellationToken.None).AsTask());
        Assert.Equal("refused", told.Reason);
        Assert.Equal(1, _source.Count);

        // At least half of what doubles up to a minute, and never less than a second.
        double[] pauses = [1, 1, 2, 4, 8, 16, 30, 30];
        for (int attempt = 1; attempt <= pauses.Length; attempt++)
        {
            await _events.ToldAsync(attempt);
            _time.Advance(TimeSpan.FromSeconds(pauses[attempt - 1]) - TimeSpan.FromMilliseconds(1));
            Assert.Equal(attempt, _source.Count);
            _time.Advance(TimeSpan.FromMilliseconds(1));
            await _source.FailAsync(attempt + 1);
        }
    }

    [Fact]
    public async Task What_a_provider_refuses_is_renewed_once_for_all_who_were_refused()
    {
        MintedCredential refused = await GetAsync(1, "one", Hour);
        Task<MintedCredential>[] waiting = [.. Enumerable.Range(0, 10).Select(_ => _identity.RenewAsync(refused, CancellationToken.None).AsTask())];
        await _source.GiveAsync(2, "two", _time.GetUtcNow() + Hour);
        Assert.All(await Task.WhenAll(waiting), credential => Assert.Equal("two", credential.Token));

        // Who comes late takes what is there.
        Assert.Equal("two", (await _identity.RenewAsync(refused, CancellationToken.None)).Token);
        Assert.Equal(2, _source.Count);
    }

    [Fact]
    public async Task A_credential_that_has_already_ended_is_none()
    {
        Task<MintedCredential> asked = _identity.GetAsync(CancellationToken.None).AsTask();
        await _source.GiveAsync(1, "one", _time.GetUtcNow());

        Assert.Equal("test: the credential has already ended", (await Assert.ThrowsAsync<IdentityException>(() => asked)).Reason);
    }

    [Fact]
    public async Task A_source_that_never_answers_ends_with_the_longest_attempt()
    {
        Task<MintedCredential> asked = _identity.GetAsync(CancellationToken.None).AsTask();
        await Scenarios.Harness.Eventually.TrueAsync(() => _source.Count == 1, "asked");
        _time.Advance(TimeSpan.FromSeconds(30));

        Assert.Equal("no credential in time", (await Assert.ThrowsAsync<IdentityException>(() => asked)).Reason);
    }

    [Fact]
    public async Task Whatever_breaks_in_a_source_is_a_failure_without_its_words()
    {
        Task<MintedCredential> asked = _identity.GetAsync(CancellationToken.None).AsTask();
        await _source.FailAsync(1, new InvalidOperationException("a-secret"));

        Assert.Equal("no credential: InvalidOperationException", (await Assert.ThrowsAsync<IdentityException>(() => asked)).Reason);
    }

    [Fact]
    public async Task A_lasting_key_is_looked_at_again()
    {
        await GetAsync(1, "one", null);
        _time.Advance(TimeSpan.FromMinutes(5));

        await _source.GiveAsync(2, "rotated", null);
        await _events.ToldAsync(2);
        Assert.Equal("rotated", (await _identity.GetAsync(CancellationToken.None)).Token);
    }

    [Fact]
    public async Task One_that_is_given_up_asks_no_more()
    {
        await GetAsync(1, "one", Hour);
        _identity.Dispose();
        _time.Advance(TimeSpan.FromHours(2));
        _identity.Refresh();

        Assert.Equal(1, _source.Count);
    }

    private async Task<MintedCredential> GetAsync(int number, string token, TimeSpan? life)
    {
        Task<MintedCredential> asked = _identity.GetAsync(CancellationToken.None).AsTask();
        await _source.GiveAsync(number, token, _time.GetUtcNow() + life);
        MintedCredential credential = await asked;
        await _events.ToldAsync(number);
        return credential;
    }
}
