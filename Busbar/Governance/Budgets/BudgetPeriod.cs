namespace Busbar.Governance.Budgets;

/// <summary>How long a budget lasts before spending starts again from zero.</summary>
internal enum BudgetPeriod : byte
{
    /// <summary>For ever.</summary>
    Total,

    /// <summary>From midnight to midnight, UTC.</summary>
    Daily,

    /// <summary>From the first of a month to the next, UTC.</summary>
    Monthly,
}
