namespace Busbar.Configuration.Model.Prices;

/// <summary>Prices of a whole request from some length of its input on, one for each tier of service.</summary>
/// <param name="Above">They hold for an input of more tokens than this; 0 for the first step.</param>
/// <param name="Standard">The ordinary tier.</param>
/// <param name="Batch">In a batch; null where no price is known.</param>
/// <param name="Flex">When there was room; null where no price is known.</param>
/// <param name="Priority">Before others; null where no price is known.</param>
internal sealed record RateStep(long Above, Rates Standard, Rates? Batch, Rates? Flex, Rates? Priority)
{
    /// <summary>The highest price, kind by kind, in any tier.</summary>
    public Rates Highest { get; } = Rates.Max(Rates.Max(Standard, Batch ?? default), Rates.Max(Flex ?? default, Priority ?? default));
}
