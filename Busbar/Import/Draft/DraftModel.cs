namespace Busbar.Import.Draft;

/// <summary>A model as it will be written. Null for what is left out.</summary>
internal sealed record DraftModel
{
    /// <summary>What it takes for a limit where the other gateway has none.</summary>
    public const int ManyCalls = 1000;

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>The provider's name.</summary>
    public required string Provider { get; init; }

    /// <summary>The provider's name for it.</summary>
    public required string Upstream { get; init; }

    /// <summary><c>max_concurrent</c>.</summary>
    public int MaxConcurrent { get; init; } = ManyCalls;

    /// <summary><c>rpm</c>.</summary>
    public int? Rpm { get; init; }

    /// <summary><c>tpm</c>.</summary>
    public int? Tpm { get; init; }

    /// <summary><c>attempt_timeout_ms</c>.</summary>
    public int? AttemptTimeoutMs { get; init; }

    /// <summary><c>first_content_timeout_ms</c>.</summary>
    public int? FirstContentTimeoutMs { get; init; }

    /// <summary><c>default_max_tokens</c>.</summary>
    public int? DefaultMaxTokens { get; init; }

    /// <summary><c>rate_card</c>: cents for a million tokens by kind; empty for none.</summary>
    public IReadOnlyList<(string Kind, decimal Cents)> RateCard { get; init; } = [];
}
