namespace Busbar.Governance.Budgets;

/// <summary>When a budget or token limit bites.</summary>
internal enum Enforcement : byte
{
    /// <summary>What a request may cost is reserved before it is sent: spending cannot pass the cap, however many requests run at once.</summary>
    Strict,

    /// <summary>Only what is already spent counts: requests that run at once may pass the cap together.</summary>
    Soft,
}
