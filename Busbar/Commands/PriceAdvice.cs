using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Commands;

/// <summary>Notices prices that are a hundredth of what the vendor asks: rate cards are in cents, and dollars are what price lists show.</summary>
internal static class PriceAdvice
{
    private const double CentsOfDollar = 100;

    // Discounts and surcharges are smaller than this.
    private const double MostApart = 2;

    // Of RateCardConfig: thousandths of a cent for a million tokens.
    private const double UnitsPerCent = 1000;

    /// <summary>A warning for each rate card that reads like dollars.</summary>
    public static IEnumerable<ConfigProblem> Problems(GatewayConfig config)
    {
        foreach (ModelConfig model in config.Models.Values)
        {
            if (model.RateCard is not { } card || ModelFacts.Find(model.UpstreamModel) is not { InputCents: > 0 } known)
            {
                continue;
            }

            if (IsDollars(card.Input / UnitsPerCent, known.InputCents) && IsDollars(card.Output / UnitsPerCent, known.OutputCents))
            {
                string path = $"models.{model.Name}.rate_card";
                yield return new ConfigProblem
                {
                    Severity = ProblemSeverity.Warning,
                    Path = path,
                    Location = config.Origins.Find(path)?.Location,
                    Message = FormattableString.Invariant(
                        $"reads like dollars: input {card.Input / UnitsPerCent} and output {card.Output / UnitsPerCent} are cents for a million tokens, and the vendor lists about {known.InputCents} and {known.OutputCents}"),
                    Remedy = "multiply dollars by 100",
                };
            }
        }
    }

    private static bool IsDollars(double cents, double listed) => cents > 0 && cents * CentsOfDollar >= listed / MostApart && cents * CentsOfDollar <= listed * MostApart;
}
