using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;

namespace Busbar.Governance.Keys;

/// <summary>A key's own budget, rates and concurrency as limits like those of groups.</summary>
internal static class AccountLimits
{
    /// <summary>Those of <paramref name="key"/>. No threshold of theirs is told.</summary>
    public static List<Limit> Of(VirtualKey key)
    {
        bool isSoft = key.Enforcement == Enforcement.Soft;
        List<Limit> limits = [];
        Add(LimitKind.Budget, key.MaxBudgetCents, key.Period switch { BudgetPeriod.Daily => LimitPeriod.Day,
            BudgetPeriod.Monthly => LimitPeriod.Month, _ => LimitPeriod.Total }, AccountRule.Strict);
        Add(LimitKind.Tokens, key.TpmLimit, LimitPeriod.Minute, AccountRule.Overdraw);
        Add(LimitKind.Requests, key.RpmLimit, LimitPeriod.Minute, AccountRule.Strict);
        Add(LimitKind.Concurrency, key.MaxConcurrent, LimitPeriod.Total, AccountRule.Strict);
        return limits;

        void Add(LimitKind kind, long? max, LimitPeriod period, AccountRule rule)
        {
            if (max is { } cap)
            {
                bool mayBeSoft = kind is LimitKind.Budget or LimitKind.Tokens;
                limits.Add(new Limit { Kind = kind, Period = period, Max = cap, Rule = isSoft && mayBeSoft ? AccountRule.Soft : rule, Thresholds =
                    [] });
            }
        }
    }
}
