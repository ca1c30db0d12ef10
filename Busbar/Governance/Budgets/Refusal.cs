namespace Busbar.Governance.Budgets;

/// <summary>What stands in a request's way.</summary>
internal enum Refusal : byte
{
    /// <summary>None: it may go on.</summary>
    None,

    /// <summary>The budget is spent, or too little of it is left; waiting helps only when another period begins.</summary>
    Budget,

    /// <summary>What is left of the budget is reserved by requests under way; when they end, some of it may come back.</summary>
    BudgetHeld,

    /// <summary>Tokens a minute.</summary>
    Tokens,

    /// <summary>Requests a minute.</summary>
    Requests,

    /// <summary>Requests at the same time.</summary>
    Concurrency,

    /// <summary>The database is away, and what this node has borrowed of a limit does not cover the request.</summary>
    Away,

    /// <summary>This node has to borrow of a limit before it can tell.</summary>
    Lease,
}
