using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Model.Prices;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads what a model costs, in a deployment file or in the price list. Prices are cents for a million tokens.</summary>
internal static class RateCardBinder
{
    // Ten-thousandths of a cent for a million tokens are pico-dollars for one, so the numbers need no conversion.
    private const long MaxCents = 1_000_000_000;

    /// <summary>The card; null where there is none. What is wrong goes to <paramref name="report"/>.</summary>
    public static RateCardConfig? Bind(Section card, KeySet stepKeys, KeySet tierKeys, ConfigReport report, IEnvironment environment)
    {
        if (!card.IsPresent)
        {
            return null;
        }

        foreach (string required in (ReadOnlySpan<string>)["input", "output"])
        {
            if (!card.Has(required))
            {
                report.Error(card.At(required), $"'{required}' is required in a rate card");
            }
        }

        RawRates raw = Read(card);
        List<(long Above, RawRates Rates)> steps = [(0, raw)];
        foreach ((string path, YamlNode node) in card.Items("above"))
        {
            Section step = new(node, path, stepKeys, report, environment);
            if (!step.Has("tokens"))
            {
                report.Error(path, "'tokens' is required: the prices hold for an input of more tokens than that");
            }

            long above = step.Integer("tokens") ?? 0;
            if (above > 0 && above <= steps[^1].Above)
            {
                report.Error(step.At("tokens"), $"overlaps the step before it, which begins above {steps[^1].Above} tokens",
                    "list the steps by rising number of tokens");
            }

            steps.Add((above, Read(step).Over(steps[^1].Rates)));
        }

        Func<RawRates, Rates>? batch = Tier(card, "batch", tierKeys, raw);
        Func<RawRates, Rates>? flex = Tier(card, "flex", tierKeys, raw);
        Func<RawRates, Rates>? priority = Tier(card, "priority", tierKeys, raw);
        return new RateCardConfig
        {
            Steps = [.. steps.Select(step =>
                new RateStep(step.Above, step.Rates.Resolve(), batch?.Invoke(step.Rates), flex?.Invoke(step.Rates), priority?.Invoke(step.Rates)))],
        };
    }

    // A share of every price, or prices of its own; of these the step's where that is higher, since no vendor sells length for less.
    private static Func<RawRates, Rates>? Tier(Section card, string key, KeySet keys, RawRates raw)
    {
        switch (card.Node(key))
        {
            case null:
                return null;
            case YamlMap:
                Rates own = Read(card.Inner(key, keys)).Over(raw).Resolve();
                return step => ReferenceEquals(step, raw) ? own : Rates.Max(own, step.Resolve());
            default:
                int percent = (int)(card.Integer(key) ?? 100);
                return step => step.Resolve().At(percent);
        }
    }

    private static RawRates Read(Section card) => new(
        Price(card, "input"),
        Price(card, "output"),
        Price(card, "cache_read"),
        Price(card, "cache_write"),
        Price(card, "cache_write_1h"),
        Price(card, "reasoning"),
        Price(card, "audio_input"),
        Price(card, "audio_output"),
        Price(card, "image_output"));

    private static long? Price(Section card, string key) => card.TenThousandths(key, MaxCents);

    /// <summary>Prices as they stand in a file: null where one is left out.</summary>
    private sealed record RawRates(
        long? Input, long? Output, long? CacheRead, long? CacheWrite, long? CacheWriteLong, long? Reasoning, long? AudioInput, long? AudioOutput,
        long? ImageOutput)
    {
        public RawRates Over(RawRates other) => new(
            Input ?? other.Input,
            Output ?? other.Output,
            CacheRead ?? other.CacheRead,
            CacheWrite ?? other.CacheWrite,
            CacheWriteLong ?? other.CacheWriteLong,
            Reasoning ?? other.Reasoning,
            AudioInput ?? other.AudioInput,
            AudioOutput ?? other.AudioOutput,
            ImageOutput ?? other.ImageOutput);

        public Rates Resolve()
        {
            long input = Input ?? 0;
            long output = Output ?? 0;
            long write = CacheWrite ?? input;
            return new Rates(
                input, output, CacheRead ?? input, write, CacheWriteLong ?? write, Reasoning ?? output, AudioInput ?? input, AudioOutput ?? output,
                ImageOutput ?? output);
        }
    }
}
