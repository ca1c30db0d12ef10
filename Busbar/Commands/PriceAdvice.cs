using System.Globalization;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Commands;

/// <summary>
/// Notices models that keys would use for nothing, and prices that are a hundredth of what the vendor asks: rate cards are in cents, and dollars are
/// what price pages show.
/// </summary>
internal static class PriceAdvice
{
    private const double CentsOfDollar = 100;

    // Discounts and surcharges are smaller than this.
    private const double MaxApart = 2;

    // Of Rates: ten-thousandths of a cent for a million tokens.
    private const double UnitsPerCent = 10_000;

    /// <summary>A warning for each model without any price, and for each rate card that reads like dollars.</summary>
    public static IEnumerable<ConfigProblem> Problems(GatewayConfig config)
    {
        bool needsPrices = config.Governance is { Enabled: true, PricePer1KTokensCents: 0 };
        foreach (ModelConfig model in config.Models.Values)
        {
            if (model is { RateCard: null, Listed: null })
            {
                if (needsPrices)
                {
                    yield return Warning(
                        config,
                        $"models.{model.Name}",
                        $"no price is known for '{model.UpstreamModel}' at provider '{model.Provider}', so that its tokens cost keys nothing and " +
                            "no budget holds them",
                        "give it a rate_card, or set governance.price_per_1k_tokens_cents; input: 0 and output: 0 say that it is free");
                }

                continue;
            }

            if (model.RateCard?.Steps[0].Standard is not { } own || model.Listed?.Card.Steps[0].Standard is not { } listed)
            {
                continue;
            }

            if (IsDollars(own.Input, listed.Input) && IsDollars(own.Output, listed.Output))
            {
                yield return Warning(
                    config,
                    $"models.{model.Name}.rate_card",
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"reads like dollars: input {own.Input / UnitsPerCent} and output {own.Output / UnitsPerCent} are cents for a million " +
                            $"tokens, and the vendor lists about {listed.Input / UnitsPerCent} and {listed.Output / UnitsPerCent}"),
                    "multiply dollars by 100");
            }
        }
    }

    private static ConfigProblem Warning(GatewayConfig config, string path, string message, string remedy) => new()
    {
        Severity = ProblemSeverity.Warning,
        Path = path,
        Location = config.Origins.Find(path)?.Location,
        Message = message,
        Remedy = remedy,
    };

    private static bool IsDollars(long price, long listed) =>
        price > 0 && price * CentsOfDollar >= listed / MaxApart && price * CentsOfDollar <= listed * MaxApart;
}
