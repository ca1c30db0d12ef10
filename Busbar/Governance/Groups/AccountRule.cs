namespace Busbar.Governance.Groups;

/// <summary>How a limit holds that stands for one of a key's own.</summary>
internal enum AccountRule : byte
{
    /// <summary>It is none of those.</summary>
    None,

    /// <summary>What a request may use is reserved before it is sent.</summary>
    Strict,

    /// <summary>The same, but a request that has the limit for itself may go beyond it by its own size.</summary>
    Overdraw,

    /// <summary>Only what is already used counts.</summary>
    Soft,
}
