using System.Collections.Concurrent;
using System.Globalization;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store.Postgres;

namespace Busbar.Tests.Scenarios.Limits.Storm;

/// <summary>
/// 200 keys with small caps in a tree of an organisation, eight teams and sixteen projects. Each team is held by something else: requests, tokens,
/// money, a pool, how many are under way, and by what its keys may do.
/// </summary>
internal sealed class StormWave
{
    /// <summary>Keys of a wave.</summary>
    public const int Keys = 200;

    /// <summary>Cents of a request beside one for each token.</summary>
    public const int Fee = 2;

    private const int Teams = 8;
    private const int OfTeam = Keys / Teams;
    private const int TeamAtOnce = 6;
    private const int KeyAtOnce = 2;
    private const int OfSession = 6;
    private const int OfMinute = 10;

    private readonly int[] _refused = new int[Keys];
    private readonly int[] _open = new int[Keys + 1];
    private readonly int[] _most = new int[Keys + 1];

    /// <summary>Plans one; with another <paramref name="attempt"/>, one with other names.</summary>
    public StormWave(int number, int attempt)
    {
        Number = number;
        _attempt = attempt;
        Plan();
    }

    /// <summary>Its requests, by number.</summary>
    public ConcurrentQueue<int> Numbers { get; } = new();

    /// <summary>Its number.</summary>
    public int Number { get; }

    /// <summary>Every limit that the database counts for good.</summary>
    public List<StormLimit> Limits { get; } = [];

    /// <summary>When its first request was sent, milliseconds of the machine.</summary>
    public long BeganAt { get; set; }

    /// <summary>Keys that were refused so often that nothing seems left.</summary>
    public int Retired => _refused.Count(refused => refused >= 12);

    private readonly int _attempt;
    private readonly List<Group> _groups = [];
    private readonly List<VirtualKey> _keys = [];

    /// <summary>The secret of a key.</summary>
    public string SecretOf(int key) => string.Create(CultureInfo.InvariantCulture, $"sk-bb-canary-storm-{Number}-{_attempt}-{key}");

    /// <summary>The id of a key.</summary>
    public string IdOf(int key) => _keys[key].Id;

    /// <summary>Whether the clients of a key go away in the middle.</summary>
    public static bool IsLeaving(int key) => key / OfTeam != 4 && key % 5 == 4;

    /// <summary>Whether what its clients leave is read to its end, in the second pool, which is all that they ask for.</summary>
    public static bool IsDraining(int key) => IsLeaving(key) && key % 10 == 4;

    /// <summary>Whether each of its minutes is limited, and nothing else.</summary>
    public static bool IsOfMinutes(int key) => key / OfTeam == 7;

    /// <summary>Whether nothing seems to be left to a key.</summary>
    public bool IsRetired(int key) => Volatile.Read(ref _refused[key]) >= 12;

    /// <summary>A client of <paramref name="key"/> was answered.</summary>
    public void Note(int key, int status)
    {
        if (status == 200)
        {
            Volatile.Write(ref _refused[key], 0);
        }
        else if (status == 429)
        {
            Interlocked.Increment(ref _refused[key]);
        }
    }

    /// <summary>Counts the requests of a key, and of its team, that a provider has at the same time.</summary>
    public void Under(int key, bool begins)
    {
        Count(key);
        if (key / OfTeam == 4)
        {
            Count(Keys);
        }

        void Count(int place)
        {
            int now = begins ? Interlocked.Increment(ref _open[place]) : Interlocked.Decrement(ref _open[place]);
            for (int most; now > (most = Volatile.Read(ref _most[place])) && Interlocked.CompareExchange(ref _most[place], now, most) != most;)
            {
            }
        }
    }

    /// <summary>Most requests of the team with a limit for that at the same time.</summary>
    public int MostOfTeam => _most[Keys];

    /// <summary>Which limits of requests at the same time were passed.</summary>
    public IEnumerable<string> PassedAtOnce()
    {
        if (_most[Keys] > TeamAtOnce)
        {
            yield return $"wave {Number}: {_most[Keys]} at once of a team with {TeamAtOnce}";
        }

        for (int key = 0; key < Keys; key++)
        {
            if (HasAtOnce(key) && _most[key] > KeyAtOnce)
            {
                yield return $"wave {Number}: {_most[key]} at once of key {key} with {KeyAtOnce}";
            }
        }
    }

    /// <summary>
    /// Which limits of sessions and of minutes were passed by these requests of this wave. Nodes count sessions each for itself and from its start
    /// on. What is on its way to the provider as a minute begins may be of the one before.
    /// </summary>
    public IEnumerable<string> PassedCounts(IEnumerable<StormRequest> requests, Func<StormRequest, bool> isHeldUp)
    {
        StormRequest[] came = [.. requests.Where(request => request.ArrivedAt > 0)];
        foreach (var session in came.Where(request => HasSessions(request.Key % Keys) && request.Session > 0).GroupBy(
            request => (request.Key, request.Session, request.Node, request.Start)).Where(session => session.Count() > OfSession))
        {
            yield return $"wave {Number}: {session.Count()} of {OfSession} of session {session.Key}";
        }

        foreach (var minute in came.Where(request => IsOfMinutes(request.Key % Keys) && request.ArrivedAt % 60_000 > 1500 && !isHeldUp(request))
            .GroupBy(request => (request.Key, Minute: request.ArrivedAt / 60_000)).Where(minute => minute.Count() > OfMinute))
        {
            yield return $"wave {Number}: {minute.Count()} of {OfMinute} of minute {minute.Key}";
        }
    }

    /// <summary>Puts it into the database.</summary>
    public void Insert(PostgresStore store)
    {
        _groups.ForEach(store.InsertGroup);
        foreach (VirtualKey key in _keys)
        {
            Assert.True(store.Insert(key));
        }
    }

    private static bool HasAtOnce(int key) => key / OfTeam == 7 && key % 2 == 0 && !IsLeaving(key);

    private static bool HasSessions(int key) => key / OfTeam == 6 && key % 2 == 0;

    private void Plan()
    {
        // Now and then all of it is held by the organisation alone.
        AddGroup(null, "org", [.. Enumerable.Range(0, Keys)], Of(LimitKind.Budget, Number % 4 == 3 ? 30_000 : 200_000));
        for (int team = 0; team < Teams; team++)
        {
            int first = team * OfTeam;
            AddGroup("org", $"team{team}", [.. Enumerable.Range(first, OfTeam)], [.. team switch
            {
                0 => (Limit[])[Of(LimitKind.Requests, 600)],
                1 => [Of(LimitKind.Tokens, 8000)],
                2 => [Of(LimitKind.Budget, 8100)],
                3 => [Of(LimitKind.Requests, 60) with { Scope = "side" }, Of(LimitKind.Budget, 900) with { Scope = "n" }],
                4 => [Of(LimitKind.Concurrency, TeamAtOnce)],
                _ => [],
            }]);
            for (int half = 0; half < 2; half++)
            {
                int[] keys = [.. Enumerable.Range(first, OfTeam).Where(key => key % 2 == half)];
                string project = $"team{team}_{half}";
                AddGroup($"team{team}", project, keys, team is 0 or 2 && half == 1 ? [Of(LimitKind.Requests, 350)] : []);
                foreach (int key in keys)
                {
                    _keys.Add(Key(key, team) with { GroupId = GroupId(project) });
                }
            }
        }

        _keys.Sort((one, other) => int.Parse(one.Name, CultureInfo.InvariantCulture).CompareTo(int.Parse(other.Name, CultureInfo.InvariantCulture)));
        for (int key = 0; key < Keys; key++)
        {
            foreach (Limit limit in AccountLimits.Of(_keys[key]).Concat(_keys[key].Limits).Where(limit => limit is { IsPerSession: false, Kind: not
                LimitKind.Concurrency, Period: LimitPeriod.Total }))
            {
                Limits.Add(new StormLimit(_keys[key].Id, limit, [key]));
            }
        }
    }

    private VirtualKey Key(int key, int team)
    {
        KeyDigest digest = KeyDigest.Of(SecretOf(key));
        var made = new VirtualKey { Id = digest.ToKeyId(), Digest = digest, Name = key.ToString(CultureInfo.InvariantCulture) };
        Limit ofSession = Of(LimitKind.Requests, OfSession) with { IsPerSession = true };
        return team switch
        {
            3 or 6 => made with { Limits = [Of(LimitKind.Requests, 40), .. HasSessions(key) ? (Limit[])[ofSession] : []] },
            4 => made with { Limits = [Of(LimitKind.Requests, 30)] },
            5 when key % 2 == 0 => made with { MaxBudgetCents = 450 },
            5 => made with { Limits = [Of(LimitKind.Budget, 450), Of(LimitKind.Tokens, 5000)] },
            7 => made with { RpmLimit = OfMinute, MaxConcurrent = HasAtOnce(key) ? KeyAtOnce : null },
            _ => made,
        };
    }

    private static Limit Of(LimitKind kind, long max) => new() { Kind = kind, Period = LimitPeriod.Total, Max = max };

    private string GroupId(string name) => string.Create(CultureInfo.InvariantCulture, $"grp_{Number}_{_attempt}_{name}");

    private void AddGroup(string? parent, string name, int[] keys, params Limit[] limits)
    {
        string? above = parent is null ? null : GroupId(parent);
        _groups.Add(new Group { Id = GroupId(name), Name = $"{name} {Number} {_attempt}", ParentId = above, Limits = limits });
        Limits.AddRange(limits.Where(limit => limit.Kind != LimitKind.Concurrency).Select(limit => new StormLimit(GroupId(name), limit, keys)));
    }
}
