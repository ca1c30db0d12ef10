namespace Busbar.Governance.Groups;

/// <summary>What a <see cref="Limit"/> counts.</summary>
internal enum LimitKind : byte
{
    /// <summary>Money.</summary>
    Budget,

    /// <summary>Requests, from their admission on.</summary>
    Requests,

    /// <summary>Tokens, input and output.</summary>
    Tokens,

    /// <summary>Requests at the same time.</summary>
    Concurrency,
}
