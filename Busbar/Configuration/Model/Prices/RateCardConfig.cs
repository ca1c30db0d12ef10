using Busbar.Ir;

namespace Busbar.Configuration.Model.Prices;

/// <summary>What one model costs.</summary>
internal sealed record RateCardConfig
{
    /// <summary>Prices by length of the input, the shortest first; the first holds from no token on.</summary>
    public required IReadOnlyList<RateStep> Steps { get; init; }

    /// <summary>Where the prices were looked up; null for the operator's own.</summary>
    public string? Source { get; init; }

    /// <summary>Prices that hold whatever the length and the tier.</summary>
    public static RateCardConfig Of(in Rates rates) => new() { Steps = [new RateStep(0, rates, null, null, null)] };

    /// <summary>
    /// The prices of a request with <paramref name="input"/> tokens of input that was served in <paramref name="tier"/>. False where that tier has
    /// none: then they are the ordinary ones.
    /// </summary>
    public bool TryFind(long input, ServedTier tier, out Rates rates)
    {
        RateStep step = Steps[0];
        for (int i = 1; i < Steps.Count && input > Steps[i].Above; i++)
        {
            step = Steps[i];
        }

        Rates? found = tier switch
        {
            ServedTier.Standard => step.Standard,
            ServedTier.Batch => step.Batch,
            ServedTier.Flex => step.Flex,
            ServedTier.Priority => step.Priority,
            _ => null,
        };
        rates = found ?? step.Standard;
        return found is not null;
    }
}
