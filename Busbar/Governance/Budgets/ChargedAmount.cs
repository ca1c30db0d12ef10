using Busbar.Governance.Labels;
using Busbar.Ir;

namespace Busbar.Governance.Budgets;

/// <summary>What one request cost a key, as the ledger takes it in. Sums of settlements are additive in every field.</summary>
internal readonly record struct ChargedAmount()
{
    /// <summary>Id of the key.</summary>
    public required string KeyId { get; init; }

    /// <summary>Start of the key's budget window in which the request arrived, epoch second.</summary>
    public required long WindowStart { get; init; }

    /// <summary>Midnight, UTC, of the day on which the request arrived, epoch second.</summary>
    public required long Day { get; init; }

    /// <summary>The configured model that answered.</summary>
    public required string Model { get; init; }

    /// <summary>The pool or model that was asked for.</summary>
    public string Asked { get; init; } = "";

    /// <summary>The request's labels, as <see cref="RequestLabels"/> writes them; empty for none.</summary>
    public string Labels { get; init; } = "";

    /// <summary>Money, nano-dollars, at least 0.</summary>
    public long SpendNanos { get; init; }

    /// <summary>Tokens, by kind.</summary>
    public Usage Usage { get; init; }

    /// <summary>Whether the client's answer was a success.</summary>
    public bool IsSuccess { get; init; }

    /// <summary>Whether the tokens are an estimate because the provider reported none.</summary>
    public bool IsEstimated { get; init; }

    /// <summary>Whether no price was known for the tokens, or for the tier of service that they were served in.</summary>
    public bool IsUnpriced { get; init; }

    /// <summary>Whether the provider reported more tokens than <see cref="Prices.MaxTokens"/> of some kind.</summary>
    public bool IsClamped { get; init; }
}
