using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;

namespace Busbar.Tests.Governance.Keys;

/// <summary>
/// Random histories of one key: requests that overlap, end in any order, across minutes and days, with limits that change under way.
/// </summary>
public sealed class KeyAccountModelTests
{
    private const int Steps = 400;
    private static readonly Prices s_prices = TestKeys.PricesOf(1_000_000, 10_000_000, 30_000_000);

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 150)];

    [Theory, MemberData(nameof(Seeds))]
    public void Every_decision_and_every_counter_equals_those_of_a_model_without_counters(int seed)
    {
        var random = new Random(seed);
        var account = new KeyAccount();
        var model = new NaiveAccount();
        VirtualKey key = RandomLimits(random, TestKeys.Make());
        var open = new List<(ReservedAmount Hold, NaiveAccount.Request Request)>();
        long now = 1_700_000_000;
        for (int step = 0; step < Steps; step++)
        {
            switch (random.Next(10))
            {
                case < 5:
                    var estimate = new Estimate(random.Next(200), random.Next(400), random.Next(4) == 0);
                    Refusal expected = model.TryReserve(key, now, s_prices, estimate, out NaiveAccount.Request? request);
                    Assert.Equal(expected, account.TryReserve(key, now, estimate.At(s_prices), out ReservedAmount hold));
                    if (request is not null)
                    {
                        Assert.Equal(new ReservedAmount(request.Window, request.HeldCost, request.HeldTokens, request.Bound), hold);
                        open.Add((hold, request));
                    }

                    break;
                case < 8 when open.Count > 0:
                    End(random.Next(open.Count), random.Next(3) == 0 ? 0 : random.Next(20_000_000), random.Next(500));
                    break;
                case 8:
                    now += random.Next(6) switch { 0 => 86_400, 1 => -random.Next(200), 2 => random.Next(3600), _ => random.Next(40) };
                    break;
                default:
                    if (random.Next(4) == 0)
                    {
                        key = RandomLimits(random, key);
                    }

                    break;
            }

            model.RollWindow(key, now);
            Assert.Equal(model.Spent, account.Read(key, now).SpendNanos);
            Assert.Equal((uint)model.Open, account.Open);
        }

        while (open.Count > 0)
        {
            End(open.Count - 1, 0, 0);
        }

        Assert.Equal(0u, account.Open);
        AssertNothingHeld(account, key, now + 600, model.Excess);

        void End(int index, long cost, long tokens)
        {
            (ReservedAmount hold, NaiveAccount.Request request) = open[index];
            open.RemoveAt(index);
            account.Settle(now, hold, cost, tokens, succeeded: true);
            model.Settle(now, request, cost, tokens);
        }
    }

    [Theory, MemberData(nameof(Seeds))]
    public void Spending_never_passes_the_cap_when_requests_keep_to_what_they_announced(int seed)
    {
        var random = new Random(seed);
        var account = new KeyAccount();
        long cap = random.Next(1, 6);
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = cap, Period = (BudgetPeriod)random.Next(3) };
        var open = new List<(ReservedAmount Hold, Estimate Estimate)>();
        var admitted = 0;
        long now = 1_709_164_800 - 300;
        for (int step = 0; step < Steps; step++)
        {
            if (random.Next(5) < 3)
            {
                var estimate = new Estimate(random.Next(300), random.Next(300), IsOpenEnded: false);
                if (account.TryReserve(key, now, estimate.At(s_prices), out ReservedAmount hold) == Refusal.None)
                {
                    admitted++;
                    open.Add((hold, estimate));
                }
            }
            else if (open.Count > 0)
            {
                int index = random.Next(open.Count);
                (ReservedAmount hold, Estimate estimate) = open[index];
                open.RemoveAt(index);
                long most = s_prices.CeilingOf(estimate.InputTokens, estimate.OutputTokens);
                account.Settle(now, hold, random.Next(3) switch { 0 => 0, 1 => most, _ => random.NextInt64(most) }, 0, succeeded: true);
            }
            else
            {
                now += random.Next(7200);
            }

            Assert.InRange(account.Read(key, now).SpendNanos, 0, cap * TestKeys.Cent);
        }

        Assert.True(admitted > 0);
    }

    private static VirtualKey RandomLimits(Random random, VirtualKey key) => key with
    {
        MaxBudgetCents = random.Next(3) == 0 ? null : random.Next(20),
        Period = key.CreatedAt == 1 ? (BudgetPeriod)random.Next(3) : key.Period,
        CreatedAt = 2,
        TpmLimit = random.Next(2) == 0 ? null : (uint)random.Next(1, 3000),
        RpmLimit = random.Next(2) == 0 ? null : (uint)random.Next(1, 8),
        MaxConcurrent = random.Next(2) == 0 ? null : (uint)random.Next(1, 6),
        Enforcement = random.Next(4) == 0 ? Enforcement.Soft : Enforcement.Strict,
    };

    // A bounded request as large as all that is left is let in only when nothing else is held.
    private static void AssertNothingHeld(KeyAccount account, VirtualKey key, long now, long excess)
    {
        long left = 1000 * TestKeys.Cent - account.Read(key, now).SpendNanos;
        VirtualKey generous = key with { MaxBudgetCents = 1000, TpmLimit = 1000, RpmLimit = null, MaxConcurrent = 1, Enforcement =
            Enforcement.Strict };
        var all = new Prices(left - excess, null);
        Assert.Equal(Refusal.None, account.TryReserve(generous, now, new Estimate(500, 500, false).At(all), out ReservedAmount hold));
        Assert.Equal((left, 1000), (hold.Cost, hold.Tokens));
    }
}
