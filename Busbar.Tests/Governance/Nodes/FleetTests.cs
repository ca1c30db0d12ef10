using Busbar.Configuration.Model;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Busbar.Governance.Store.Postgres;
using Busbar.Tests.Governance.Store.Postgres;
using Busbar.Tests.Scenarios.Harness;
using Microsoft.Extensions.Logging.Abstractions;

namespace Busbar.Tests.Governance.Nodes;

/// <summary>Several governors on one database, as several processes have them.</summary>
public sealed class FleetTests
{
    [SkippableFact]
    public async Task What_is_changed_on_one_node_holds_on_the_others()
    {
        using var place = new PostgresPlace();
        await using Node first = Open(place.Url), second = Open(place.Url);
        Group team = (await first.Groups.CreateAsync(new Group { Id = "", Name = "team" }, hasLimits: true, "test")).Node!.Group;
        KeyReply made = await first.Keys.CreateAsync(new VirtualKey { Id = "", Digest = default, Name = "k", GroupId = team.Id }, null, "test");
        string secret = made.Secret!.Reveal();
        await Eventually.TrueAsync(() => second.Opens(secret), "known to the second node");
        Assert.Equal(team.Id, second.Governor.Keys.Find(made.Key!.Id)!.Group!.Group.Id);

        await second.Groups.UpdateAsync(team.Id, group => group with { IsFrozen = true }, "frozen", "test");
        await Eventually.TrueAsync(() => !first.Opens(secret), "frozen on the first");
        await second.Groups.UpdateAsync(team.Id, group => group with { IsFrozen = false, Limits = [Concurrency(7)] }, "frozen,limits", "test");
        await Eventually.TrueAsync(() => first.Opens(secret) && first.Groups.Find(team.Id)!.Counters is [{ Limit.Max: 7 }], "thawed on the first");

        await second.Keys.UpdateAsync(made.Key.Id, key => key with { Limits = [Concurrency(3)], RpmLimit = 9 }, "limits", "test");
        await Eventually.TrueAsync(() => first.Keys.CountersOf(made.Key.Id) is [{ Limit.Max: 3 }] && first.Keys.Find(made.Key.Id)!.RpmLimit == 9,
            "limited on the first");

        string next = (await first.Keys.RotateAsync(made.Key.Id, 0, "test")).Secret!.Reveal();
        await Eventually.TrueAsync(() => second.Opens(next) && !second.Opens(secret), "rotated on the second");
        Assert.Equal(KeyStatus.Done, (await second.Keys.DeleteAsync(made.Key.Id, "test")).Status);
        await Eventually.TrueAsync(() => !first.Opens(next), "deleted on the first");
        Assert.Equal(GroupStatus.Done, (await first.Groups.DeleteAsync(team.Id, "test")).Status);
        await Eventually.TrueAsync(() => second.Groups.Find(team.Id) is null, "without the group on the second");
    }

    [SkippableFact]
    public async Task Edits_of_one_key_on_all_nodes_at_once_are_all_kept()
    {
        using var place = new PostgresPlace();
        await using Node first = Open(place.Url), second = Open(place.Url);
        KeyReply made = await first.Keys.CreateAsync(new VirtualKey { Id = "", Digest = default, Name = "" }, null, "test");
        string id = made.Key!.Id;
        await Eventually.TrueAsync(() => second.Keys.Find(id) is not null, "known to the second node");

        await Task.WhenAll(Enumerable.Range(0, 40).Select(i =>
            (i % 2 == 0 ? first : second).Keys.UpdateAsync(id, key => key with { Name = key.Name + 'x' }, "name", "test")));

        await Eventually.TrueAsync(() => first.Keys.Find(id)!.Name.Length == 40 && second.Keys.Find(id)!.Name.Length == 40, "40 edits everywhere");
    }

    [SkippableFact]
    public async Task Groups_that_two_nodes_make_at_once_never_contradict_each_other()
    {
        using var place = new PostgresPlace();
        await using Node first = Open(place.Url), second = Open(place.Url);
        GroupReply[] replies = await Task.WhenAll(((Node[])[first, second, first, second])
            .Select(node => node.Groups.CreateAsync(new Group { Id = "", Name = "same" }, true, "test")));
        Assert.Equal([GroupStatus.Done, GroupStatus.NameTaken, GroupStatus.NameTaken, GroupStatus.NameTaken],
            replies.Select(reply => reply.Status).Order());

        string one = replies.First(reply => reply.Status == GroupStatus.Done).Node!.Group.Id;
        string other = (await first.Groups.CreateAsync(new Group { Id = "", Name = "other" }, true, "test")).Node!.Group.Id;
        replies = await Task.WhenAll(
            first.Groups.UpdateAsync(one, group => group with { ParentId = other }, "parent_id", "test"),
            second.Groups.UpdateAsync(other, group => group with { ParentId = one }, "parent_id", "test"));
        Assert.Equal([GroupStatus.Done, GroupStatus.Cycle], replies.Select(reply => reply.Status).Order());
    }

    [SkippableFact]
    public async Task With_the_database_away_edits_fail_and_change_nothing_and_all_is_followed_once_it_is_back()
    {
        using var place = new PostgresPlace();
        using var gate = new TcpGate(PostgresServer.Shared.Port);
        await using Node first = Open(place.Url), second = Open(PostgresServer.Shared.Url(place.Name, port: gate.Port));
        KeyReply made = await first.Keys.CreateAsync(new VirtualKey { Id = "", Digest = default, Name = "k" }, null, "test");
        await Eventually.TrueAsync(() => second.Opens(made.Secret!.Reveal()), "known to the second node");

        foreach (Action block in (Action[])[gate.Reset, gate.Silence])
        {
            block();
            await Eventually.TrueAsync(() => second.Governor.Watch!.IsAway, "away");
            await Assert.ThrowsAsync<StoreException>(() => second.Keys.UpdateAsync(made.Key!.Id, key => key with { Name = "other" }, "name", "test"));
            Assert.Equal("k", second.Keys.Find(made.Key!.Id)!.Name);
            gate.Open();
            await Eventually.TrueAsync(() => !second.Governor.Watch!.IsAway, "back");
        }

        gate.Reset();
        await Eventually.TrueAsync(() => second.Governor.Watch!.Away > TimeSpan.Zero, "away");
        await first.Keys.UpdateAsync(made.Key!.Id, key => key with { Enabled = false }, "enabled", "test");
        Assert.True(second.Opens(made.Secret!.Reveal()));
        gate.Open();
        await Eventually.TrueAsync(() => !second.Opens(made.Secret!.Reveal()), "revoked on the second");
    }

    private static Limit Concurrency(long most) => new() { Kind = LimitKind.Concurrency, Max = most };

    private static Node Open(string url)
    {
        var governor = Governor.Open(new GovernanceConfig(), PostgresStore.Open(PostgresServer.Config(url), TimeProvider.System), TimeProvider.System,
            NullLogger.Instance);
        var audit = new AuditLog(governor.Store, TimeProvider.System, NullLogger.Instance);
        return new Node(governor, new KeyService(governor, null, KeyGenerator.System, audit, TimeProvider.System, governor.Turn),
            new GroupService(governor, governor.Turn, audit, TimeProvider.System));
    }

    private sealed record Node(Governor Governor, KeyService Keys, GroupService Groups) : IAsyncDisposable
    {
        public bool Opens(string secret) => Governor.Keys.Find(secret, DateTimeOffset.UtcNow.ToUnixTimeSeconds(), out _) is not null;

        public ValueTask DisposeAsync() => Governor.DisposeAsync();
    }
}
