using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;

namespace Busbar.Tests.Governance.Keys;

public sealed class KeyAccountTests
{
    // Noon of 28 February 2024, a leap year.
    private const long Noon = 1_709_121_600;
    private static readonly Prices s_cent = new(TestKeys.Cent, null);
    private static readonly Prices s_tokens = TestKeys.PricesOf(0, 10_000_000, 10_000_000);

    private readonly KeyAccount _account = new();

    [Fact, Trait("gotcha", "C227")]
    public void Once_the_cap_is_spent_nothing_passes()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 2 };
        Spend(key, Noon, TestKeys.Cent);
        Spend(key, Noon, TestKeys.Cent);

        Assert.Equal(Refusal.Budget, Try(key, Noon, s_cent));
        Assert.Equal(Refusal.Budget, Try(key, Noon + 86_400, s_cent));
    }

    [Theory]
    [InlineData(nameof(Enforcement.Strict))]
    [InlineData(nameof(Enforcement.Soft))]
    public void A_budget_of_zero_forbids_even_what_costs_nothing(string enforcement) =>
        Assert.Equal(Refusal.Budget, Try(TestKeys.Make() with { MaxBudgetCents = 0, Enforcement = Enum.Parse<Enforcement>(enforcement) }, Noon,
            default));

    [Fact]
    public void What_a_request_cost_beyond_its_bound_is_reserved_for_the_next_one()
    {
        var account = new KeyAccount();
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 10 };
        var prices = new Prices(TestKeys.Cent, null);
        for (int request = 0; request < 3; request++)
        {
            Assert.Equal(Refusal.None, account.TryReserve(key, 0, default(Estimate).At(prices), out ReservedAmount hold));
            account.Settle(0, hold, 3 * TestKeys.Cent, 0, succeeded: true);
        }

        // A cent is left, and would do for what it is thought to cost.
        Assert.Equal(Refusal.Budget, account.TryReserve(key, 0, default(Estimate).At(prices), out _));
    }

    [Fact]
    public void What_is_held_by_others_refuses_for_now_and_what_is_spent_refuses_for_good()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 1 };
        Assert.Equal(Refusal.None, Try(key, Noon, s_cent, out ReservedAmount hold));
        Assert.Equal(Refusal.BudgetHeld, Try(key, Noon, s_cent));

        _account.Settle(Noon, hold, 0, 0, succeeded: false);
        Spend(key, Noon, TestKeys.Cent);

        Assert.Equal(Refusal.Budget, Try(key, Noon, s_cent));
    }

    [Fact]
    public void A_request_that_could_never_fit_is_refused_for_good_even_while_others_hold()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 1 };
        Assert.Equal(Refusal.None, Try(key, Noon, s_cent with { FeeNanos = 1 }));

        Assert.Equal(Refusal.Budget, Try(key, Noon, s_cent with { FeeNanos = TestKeys.Cent + 1 }));
    }

    [Fact]
    public void A_request_without_a_limit_goes_beyond_its_guess_only_when_alone_and_while_the_dearest_so_far_would_fit()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 1 };
        var openEnded = new Estimate(10, 2_000, IsOpenEnded: true);

        Assert.Equal(Refusal.Budget, Try(key, Noon, s_tokens, openEnded with { IsOpenEnded = false }));
        Assert.Equal(Refusal.None, Try(key, Noon, s_tokens, openEnded, out ReservedAmount hold));
        Assert.Equal(TestKeys.Cent, hold.Cost);
        Assert.Equal(Refusal.BudgetHeld, Try(key, Noon, s_tokens, openEnded));
        _account.Settle(Noon, hold, 6_000_000, 600, succeeded: true);

        Assert.Equal(Refusal.Budget, Try(key, Noon, s_tokens, openEnded));
    }

    [Fact]
    public void A_soft_key_judges_only_what_is_spent()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 1, TpmLimit = 10, Enforcement = Enforcement.Soft };
        for (int request = 0; request < 50; request++)
        {
            Assert.Equal(Refusal.None, Try(key, Noon, s_cent, new Estimate(50, 50, false)));
        }

        Spend(key, Noon, TestKeys.Cent);
        Assert.Equal(Refusal.Budget, Try(key, Noon, s_cent));
    }

    [Fact]
    public void A_key_made_strict_reckons_with_the_soft_requests_under_way()
    {
        VirtualKey soft = TestKeys.Make() with { MaxBudgetCents = 2, Enforcement = Enforcement.Soft };
        Assert.Equal(Refusal.None, Try(soft, Noon, s_cent));
        Assert.Equal(Refusal.None, Try(soft, Noon, s_cent));

        Assert.Equal(Refusal.BudgetHeld, Try(soft with { Enforcement = Enforcement.Strict }, Noon, s_cent));
    }

    [Fact]
    public void A_cap_lowered_below_what_is_held_lets_nothing_pass_until_it_is_settled()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 10 };
        var holds = new ReservedAmount[5];
        for (int request = 0; request < holds.Length; request++)
        {
            Assert.Equal(Refusal.None, Try(key, Noon, s_cent, out holds[request]));
        }

        VirtualKey lowered = key with { MaxBudgetCents = 3 };
        Assert.Equal(Refusal.BudgetHeld, Try(lowered, Noon, s_cent));
        Assert.Equal(Refusal.BudgetHeld, Try(lowered, Noon, default));
        foreach (ReservedAmount hold in holds)
        {
            _account.Settle(Noon, hold, 0, 0, succeeded: false);
        }

        Assert.Equal(Refusal.None, Try(lowered, Noon, s_cent with { FeeNanos = 3 * TestKeys.Cent }));
    }

    [Fact, Trait("gotcha", "C231")]
    public void What_arrived_before_midnight_is_charged_to_the_day_before_and_holds_nothing_of_the_new_one()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 1, Period = BudgetPeriod.Daily };
        const long Midnight = Noon + 43_200;
        Assert.Equal(Refusal.None, Try(key, Midnight - 1, s_cent, out ReservedAmount before));

        Assert.Equal(Refusal.None, Try(key, Midnight, s_cent, out ReservedAmount after));
        Assert.Equal((Midnight - 86_400, Midnight), (before.WindowStart, after.WindowStart));
        _account.Settle(Midnight + 5, before, TestKeys.Cent, 7, succeeded: true);

        Assert.Equal((0L, 0L, 0L), (_account.Read(key, Midnight).SpendNanos, _account.Read(key, Midnight).Tokens,
            _account.Read(key, Midnight).Requests));
        Assert.Equal(Refusal.BudgetHeld, Try(key, Midnight, s_cent));
    }

    [Fact]
    public void A_clock_set_back_reopens_no_window()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 1, Period = BudgetPeriod.Daily };
        Spend(key, Noon, TestKeys.Cent);

        Assert.Equal(Refusal.Budget, Try(key, Noon - 86_400, s_cent));
        Assert.Equal(Refusal.Budget, Try(key, Noon, s_cent));
    }

    [Fact]
    public void A_clock_set_back_a_little_goes_on_in_the_same_minute_and_far_back_begins_another()
    {
        VirtualKey key = TestKeys.Make() with { RpmLimit = 1 };
        Assert.Equal(Refusal.None, Try(key, Noon, default));

        Assert.Equal(Refusal.Requests, Try(key, Noon - 30, default));
        Assert.Equal(Refusal.None, Try(key, Noon - 3600, default));
    }

    [Fact, Trait("gotcha", "C224")]
    public void Tokens_of_a_minute_refuse_the_rest_of_it_and_not_the_next()
    {
        VirtualKey key = TestKeys.Make() with { TpmLimit = 100 };
        Assert.Equal(Refusal.None, Try(key, Noon, default, out ReservedAmount hold));
        _account.Settle(Noon + 1, hold, 0, 150, succeeded: true);

        Assert.Equal(Refusal.Tokens, Try(key, Noon + 59, default));
        Assert.Equal(Refusal.None, Try(key, Noon + 60, default));
    }

    [Fact, Trait("gotcha", "C225")]
    public void Tokens_of_an_answer_that_straddles_two_minutes_count_in_the_later_one()
    {
        VirtualKey key = TestKeys.Make() with { TpmLimit = 100 };
        Assert.Equal(Refusal.None, Try(key, Noon + 59, default, out ReservedAmount hold));
        _account.Settle(Noon + 61, hold, 0, 100, succeeded: true);

        Assert.Equal(Refusal.Tokens, Try(key, Noon + 62, default));
    }

    [Fact]
    public void The_first_request_of_a_minute_passes_the_token_limit_whatever_its_size_and_even_beside_a_long_one()
    {
        VirtualKey key = TestKeys.Make() with { TpmLimit = 100 };
        var huge = new Estimate(5000, 5000, IsOpenEnded: false);

        Assert.Equal(Refusal.None, Try(key, Noon, default, huge));
        Assert.Equal(Refusal.Tokens, Try(key, Noon, default, huge));
        Assert.Equal(Refusal.None, Try(key, Noon + 60, default, huge));
        Assert.Equal(Refusal.Tokens, Try(key, Noon + 60, default, huge));
    }

    [Fact, Trait("gotcha", "C244")]
    public void A_request_that_fails_has_used_its_place_in_the_minute()
    {
        VirtualKey key = TestKeys.Make() with { RpmLimit = 2 };
        for (int request = 0; request < 2; request++)
        {
            Assert.Equal(Refusal.None, Try(key, Noon, default, out ReservedAmount hold));
            _account.Settle(Noon, hold, 0, 0, succeeded: false);
        }

        Assert.Equal(Refusal.Requests, Try(key, Noon, default));
    }

    [Fact]
    public void A_refused_request_leaves_no_trace_in_any_limit()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = 2, TpmLimit = 2, RpmLimit = 2, MaxConcurrent = 1 };
        var one = new Estimate(0, 1, false);
        Assert.Equal(Refusal.None, Try(key, Noon, s_cent, one, out ReservedAmount hold));
        for (int attempt = 0; attempt < 10; attempt++)
        {
            Assert.Equal(Refusal.Concurrency, Try(key, Noon, s_cent, one));
        }

        _account.Settle(Noon, hold, TestKeys.Cent, 1, succeeded: true);
        Assert.Equal(Refusal.None, Try(key, Noon, s_cent, one));
    }

    [Fact]
    public void Hostile_counts_and_prices_neither_overflow_nor_give_anything_back()
    {
        VirtualKey key = TestKeys.Make() with { MaxBudgetCents = long.MaxValue, TpmLimit = uint.MaxValue };
        var huge = TestKeys.PricesOf(long.MaxValue, long.MaxValue, long.MaxValue);
        Assert.Equal(Refusal.None, Try(key, Noon, huge, new Estimate(long.MaxValue, long.MaxValue, false), out ReservedAmount hold));
        Assert.Equal(Refusal.BudgetHeld, Try(key, Noon, s_cent));
        _account.Settle(Noon, hold, long.MaxValue, long.MaxValue, succeeded: true);

        Assert.Equal(Refusal.Budget, Try(key, Noon, s_cent));
        Assert.Equal(long.MaxValue, _account.Read(key, Noon).SpendNanos);
    }

    // There is no map of rates that could grow or need sweeping: the counters of a key are one object of fixed size, which goes with the key.
    [Fact, Trait("gotcha", "C226")]
    public void A_key_without_limits_leaves_nothing_behind_however_much_it_calls()
    {
        VirtualKey key = TestKeys.Make();
        long now = Noon;

        int refused = 0;
        Assert.Equal(0, Allocations.Least(() =>
        {
            for (int request = 0; request < 10_000; request++)
            {
                refused += _account.TryReserve(key, now += 7, default(Estimate).At(s_cent), out ReservedAmount hold) == Refusal.None ? 0 : 1;
                _account.Settle(now, hold, 0, 1, succeeded: true);
            }
        }));
        Assert.Equal(0, refused);
        var keys = new KeyDirectory();
        keys.TryAdd(new KeyEntry(key, _account));
        keys.Remove(key.Id);
        Assert.Equal((0, 0), (keys.Count, keys.Entries.Count()));
    }

    private void Spend(VirtualKey key, long now, long cost)
    {
        _account.TryReserve(key with { MaxBudgetCents = null }, now, default, out ReservedAmount hold);
        _account.Settle(now, hold, cost, 0, succeeded: true);
    }

    private Refusal Try(VirtualKey key, long now, Prices prices, out ReservedAmount hold) => Try(key, now, prices, default, out hold);

    private Refusal Try(VirtualKey key, long now, Prices prices, Estimate estimate = default) => Try(key, now, prices, estimate, out _);

    private Refusal Try(VirtualKey key, long now, Prices prices, Estimate estimate, out ReservedAmount hold)
        => _account.TryReserve(key, now, estimate.At(prices), out hold);
}
