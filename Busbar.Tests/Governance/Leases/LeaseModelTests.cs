using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Governance.Leases;

/// <summary>
/// Random requests, failures, pauses, crashes, lost and late calls over several nodes with skewed clocks: in no order is more used of any limit than
/// its cap, and in each the whole cap is usable in the end. A case that fails says its seed.
/// </summary>
public sealed class LeaseModelTests
{
    private const string Org = "grp_org";
    private const string Team = "grp_team";
    private const int Steps = 1500;

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 24)];

    [Theory]
    [MemberData(nameof(Seeds))]
    public async Task No_order_of_events_passes_a_cap_and_each_leaves_all_of_it_usable(int seed)
    {
        var world = new World(seed);
        try
        {
            for (int step = 0; step < Steps; step++)
            {
                await world.StepAsync();
                world.Check();
            }

            await world.FinishAsync();
        }
        finally
        {
            await world.DisposeAsync();
        }
    }

    private sealed class World : IAsyncDisposable
    {
        private readonly FakeTimeProvider _time = new(DateTimeOffset.FromUnixTimeSeconds(1_773_576_000));
        private readonly Random _random;
        private readonly MemoryLeaseStore _limits;
        private readonly Node?[] _nodes = new Node?[4];
        private readonly List<Node> _dead = [];
        private readonly Group[] _groups;
        private readonly VirtualKey[] _keys;
        private readonly int _seed;

        // How many times over requests hold the output that they may really have.
        private readonly int _spare;

        // What really happened, whatever anybody noted, by limit; and what was booked in vain at most.
        private readonly Dictionary<string, long> _used = [];
        private readonly Dictionary<string, long> _lost = [];

        public World(int seed)
        {
            _seed = seed;
            _spare = seed % 2 == 0 ? 10 : 1;
            _random = new Random(seed);
            _limits = new MemoryLeaseStore(_time);
            _groups =
            [
                new Group { Id = Org, Name = "org", Limits = [Of(LimitKind.Budget, 150), Of(LimitKind.Requests, 400)] },
                new Group { Id = Team, Name = "team", ParentId = Org, Limits = [Of(LimitKind.Tokens, 3000), Of(LimitKind.Budget, 120)] },
            ];
            _keys = [.. Enumerable.Range(1, 5).Select(number
                => TestKeys.Make(number) with { GroupId = number % 2 == 0 ? Org : Team, Limits =
                [Of(LimitKind.Budget, 40), Of(LimitKind.Concurrency, 6)] })];
            for (int i = 0; i < _nodes.Length; i++)
            {
                _nodes[i] = Start();
            }
        }

        public async Task StepAsync()
        {
            int at = _random.Next(_nodes.Length);
            if (_nodes[at] is not { } node)
            {
                if (_random.Next(20) == 0)
                {
                    _nodes[at] = Start();
                }

                return;
            }

            if (node.PausedUntil > _time.GetUtcNow())
            {
                _time.Advance(TimeSpan.FromMilliseconds(_random.Next(400)));
                return;
            }

            switch (_random.Next(100))
            {
                case < 45:
                    await TakeAsync(node);
                    break;
                case < 70 when node.Held.Count > 0:
                    Settle(node, _random.Next(node.Held.Count));
                    break;
                case < 90:
                    _time.Advance(TimeSpan.FromMilliseconds(_random.Next(300)));
                    await node.Fleet.Desk.RoundAsync();
                    break;
                case 90:
                    _limits.Failures = _random.Next(3);
                    break;
                case 91:
                    _limits.LostAnswers = 1;
                    break;
                case 92:
                    _limits.Delays = 1;
                    break;
                case 93:
                    _limits.ArriveLate();
                    break;
                case 94 when _random.Next(4) == 0:
                    // Nothing is under way: what a stopped node finishes later than its session is of no session.
                    SettleAll(node);
                    node.PausedUntil = _time.GetUtcNow() + TimeSpan.FromSeconds(_random.Next(40));
                    break;
                case 95 when _random.Next(6) == 0:
                    Kill(at, node);
                    break;
                case 96 when _random.Next(6) == 0:
                    SettleAll(node);
                    await node.Fleet.DisposeAsync();
                    Lose(node);
                    _nodes[at] = null;
                    break;
            }
        }

        public void Check()
        {
            foreach ((string owner, Limit limit) in Limits())
            {
                string place = Place(owner, limit);
                long held = _nodes.Sum(node => node?.Held.Sum(request => request.Amounts.GetValueOrDefault(place)) ?? 0);
                if (limit.Kind == LimitKind.Concurrency)
                {
                    Assert.True(held <= limit.Cap, $"seed {_seed}: {held} at once of {limit.Cap} of {place}");
                    continue;
                }

                long used = _used.GetValueOrDefault(place);
                Assert.True(used + held <= limit.Cap, $"seed {_seed}: {used} used and {held} held of {limit.Cap} of {place}");
                (long noted, long leased) = _limits.Read(owner, limit.Key, Day);
                Assert.True(noted + leased <= limit.Cap, $"seed {_seed}: {noted} noted and {leased} lent of {limit.Cap} of {place}");
            }
        }

        // All goes well from now on: everything that is left of the tightest limits goes, from whichever node.
        public async Task FinishAsync()
        {
            _limits.Failures = 0;
            _limits.LostAnswers = 0;
            _limits.Delays = 0;
            _limits.ArriveLate();
            for (int i = 0; i < 40; i++)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
                foreach (Node? node in _nodes)
                {
                    if (node is not null)
                    {
                        SettleAll(node);
                        await node.Fleet.Desk.RoundAsync();
                    }
                }
            }

            for (int i = 0, refused = 0; refused < 200; i++)
            {
                _nodes[i % _nodes.Length] ??= Start();
                Node node = _nodes[i % _nodes.Length]!;
                refused = await TakeAsync(node, most: 1) ? 0 : refused + 1;
                SettleAll(node, all: true);
                if (refused > 0)
                {
                    _time.Advance(TimeSpan.FromMilliseconds(300));
                    await node.Fleet.Desk.RoundAsync();
                }

                Check();
            }

            foreach (Node? node in _nodes)
            {
                await node!.Fleet.Desk.RoundAsync();
                await node.Fleet.Desk.RoundAsync();
            }

            // Every key is stopped by a limit on its way that has less left than one request costs.
            Assert.All(_keys, key => Assert.Contains(Limits().Where(limit => IsOnWay(limit.Owner, key) && limit.Limit.Kind != LimitKind.Concurrency),
                limit =>
                _limits.Read(limit.Owner, limit.Limit.Key, Day).Used > limit.Limit.Cap - CostOf(limit.Limit.Kind)));

            // And what was noted is what happened, and what a node that crashed may have done beside.
            Assert.All(Limits().Where(limit => limit.Limit.Kind != LimitKind.Concurrency), limit =>
            {
                long used = _used.GetValueOrDefault(Place(limit.Owner, limit.Limit));
                long lost = _lost.GetValueOrDefault(Place(limit.Owner, limit.Limit));
                Assert.InRange(_limits.Read(limit.Owner, limit.Limit.Key, Day).Used, used, used + lost);
            });
        }

        public async ValueTask DisposeAsync()
        {
            foreach (Node node in _nodes.OfType<Node>().Concat(_dead))
            {
                node.Held.ForEach(request => request.Reservation.Release());
                await node.Fleet.DisposeAsync();
            }
        }

        private static long Day => 1_773_576_000 - (1_773_576_000 % 86_400);

        // The least that a request holds.
        private long CostOf(LimitKind kind) => kind switch { LimitKind.Budget => TestKeys.Cent, LimitKind.Tokens => 10 + (20 * _spare), _ => 1 };

        private static Limit Of(LimitKind kind, long max) => new() { Kind = kind, Period = LimitPeriod.Day, Max = max };

        private static string Place(string owner, Limit limit) => $"{owner} {limit.Key}";

        private Node Start() => new(new FleetNode(_limits, _time, _groups, _keys, TimeSpan.FromMinutes(_random.Next(-600, 600))));

        private IEnumerable<(string Owner, Limit Limit)> Limits() =>
            _groups.SelectMany(group => group.Limits.Select(limit => (group.Id, limit)))
                .Concat(_keys.SelectMany(key => key.Limits.Select(limit => (key.Id, limit))));

        private static bool IsOnWay(string owner, VirtualKey key) => owner == key.Id || owner == Org || owner == key.GroupId;

        private async Task<bool> TakeAsync(Node node, int most = 2)
        {
            VirtualKey key = _keys[_random.Next(_keys.Length)];
            long cents = most == 1 ? 1 : _random.Next(1, most + 1);
            (Reservation? held, Refusal _) = await node.Fleet.TakeAsync(key.Id, new Estimate(10 * cents, 20 * cents * _spare, false));
            if (held is null)
            {
                return false;
            }

            var amounts = new Dictionary<string, long>();
            foreach ((string owner, Limit limit) in Limits())
            {
                if (IsOnWay(owner, key))
                {
                    amounts[Place(owner, limit)] = limit.Kind switch { LimitKind.Budget => TestKeys.Cent, LimitKind.Tokens => 30 * cents,
                        LimitKind.Requests => 0, _ => 1 };
                    if (limit.Kind == LimitKind.Requests)
                    {
                        _used[Place(owner, limit)] = _used.GetValueOrDefault(Place(owner, limit)) + 1;
                    }
                }
            }

            node.Held.Add(new Request(held, cents, amounts));
            return true;
        }

        private void Settle(Node node, int index, bool all = false)
        {
            Request request = node.Held[index];
            node.Held.RemoveAt(index);
            if (!all && _random.Next(4) == 0)
            {
                request.Reservation.Release();
                return;
            }

            long output = all ? 20 * request.Cents : _random.NextInt64((20 * request.Cents) + 1);
            TestKeys.Success("flat", 10 * request.Cents, output).Settle(request.Reservation);
            foreach ((string place, long amount) in request.Amounts)
            {
                long used = place.Contains("tokens") ? (10 * request.Cents) + output : place.Contains("budget") ? TestKeys.Cent : 0;
                _used[place] = _used.GetValueOrDefault(place) + used;
            }
        }

        private void SettleAll(Node node, bool all = false)
        {
            while (node.Held.Count > 0)
            {
                Settle(node, 0, all);
            }
        }

        // Whatever it had sent to a provider has its price, whether it had told anybody or not.
        private void Kill(int at, Node node)
        {
            _nodes[at] = null;
            _dead.Add(node);
            Lose(node);
            foreach (Request request in node.Held)
            {
                // One that costs more than any before is not reckoned with.
                foreach ((string place, long amount) in request.Amounts.Where(amount => !amount.Key.Contains("concurrency")))
                {
                    _used[place] = _used.GetValueOrDefault(place) + (place.Contains("tokens") ? 10 * request.Cents : amount);
                }
            }
        }

        private void Lose(Node node)
        {
            foreach ((string place, long amount) in LostInCrash(node))
            {
                // And a request whose answer was lost on its way to the node.
                long unanswered = 2 * CostOf(place.Contains("budget") ? LimitKind.Budget
                    : place.Contains("tokens") ? LimitKind.Tokens : LimitKind.Requests);
                _lost[place] = _lost.GetValueOrDefault(place) + amount + unanswered;
            }
        }

        private IEnumerable<(string Place, long Amount)> LostInCrash(Node node)
        {
            foreach ((string owner, Limit limit) in Limits())
            {
                LimitCounter[] counters = node.Fleet.Governor.Groups.Find(owner)?.Counters ?? node.Fleet.Governor.Keys.Find(owner)!.Limits;
                yield return (Place(owner, limit), Array.Find(counters, counter => counter.Limit.Key == limit.Key)!.LostInCrash);
            }
        }

        private sealed record Node(FleetNode Fleet)
        {
            public List<Request> Held { get; } = [];

            public DateTimeOffset PausedUntil { get; set; }
        }

        private sealed record Request(Reservation Reservation, long Cents, Dictionary<string, long> Amounts);
    }
}
