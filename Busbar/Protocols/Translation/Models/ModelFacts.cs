namespace Busbar.Protocols.Translation.Models;

/// <summary>
/// What vendors publish about families of models: the longest output and the list price. State of 2026-07-02, vendors' model pages; a name that no row knows has
/// no facts, since hosts of open models set their own.
/// </summary>
/// <param name="MaxOutput">Most output tokens that any model of the family writes in one answer, thinking included.</param>
/// <param name="InputCents">List price of a million input tokens, cents; 0 where models of the family differ.</param>
/// <param name="OutputCents">List price of a million output tokens, cents; 0 where models of the family differ.</param>
internal readonly record struct ModelFacts(long MaxOutput, double InputCents = 0, double OutputCents = 0)
{
    // The first row whose text the normalised name starts with decides.
    private static readonly (string Name, ModelFacts Facts)[] Rows =
    [
        ("claude-opus-4-8", new(128_000, 500, 2500)),
        ("claude-opus-4-7", new(128_000, 500, 2500)),
        ("claude-opus-4-6", new(128_000, 500, 2500)),
        ("claude-opus-4-5", new(64_000, 500, 2500)),
        ("claude-opus-4", new(32_000, 1500, 7500)),
        ("claude-sonnet-5-5", new(128_000)),
        ("claude-sonnet-5", new(128_000, 200, 1000)),
        ("claude-sonnet-4-6", new(128_000, 300, 1500)),
        ("claude-sonnet-4", new(64_000, 300, 1500)),
        ("claude-haiku-4-5", new(64_000, 100, 500)),
        ("claude-fable-5", new(128_000, 1000, 5000)),
        ("claude-3-7-sonnet", new(128_000, 300, 1500)),
        ("claude-3-5-sonnet", new(8192, 300, 1500)),
        ("claude-3-5-haiku", new(8192, 80, 400)),
        ("claude-3-haiku", new(4096, 25, 125)),
        ("claude-3-opus", new(4096, 1500, 7500)),
        ("claude-3-sonnet", new(4096, 300, 1500)),
        ("claude-", new(128_000)),

        ("gpt-3.5-turbo", new(16_384, 50, 150)),
        ("gpt-4.1-nano", new(32_768, 10, 40)),
        ("gpt-4.1-mini", new(32_768, 40, 160)),
        ("gpt-4.1", new(32_768, 200, 800)),
        ("gpt-4o-mini", new(16_384, 15, 60)),
        ("gpt-4o", new(16_384, 250, 1000)),
        ("gpt-4-turbo", new(4096, 1000, 3000)),
        ("gpt-4-32k", new(32_768, 6000, 12_000)),
        ("gpt-4", new(8192, 3000, 6000)),
        ("gpt-5-pro", new(272_000, 1500, 12_000)),
        ("gpt-5-nano", new(128_000, 5, 40)),
        ("gpt-5-mini", new(128_000, 25, 200)),
        ("gpt-5.1", new(128_000, 125, 1000)),
        ("gpt-5.2-pro", new(128_000, 2100, 16_800)),
        ("gpt-5.2", new(128_000, 175, 1400)),
        ("gpt-5.3", new(128_000, 175, 1400)),
        ("gpt-5.4-pro", new(128_000, 3000, 18_000)),
        ("gpt-5.4-nano", new(128_000, 20, 125)),
        ("gpt-5.4-mini", new(128_000, 75, 450)),
        ("gpt-5.4", new(128_000, 250, 1500)),
        ("gpt-5.5-pro", new(128_000, 3000, 18_000)),
        ("gpt-5.5", new(128_000, 500, 3000)),
        ("gpt-5.", new(128_000)),
        ("gpt-5", new(128_000, 125, 1000)),
        ("o1-mini", new(65_536, 110, 440)),
        ("o1-pro", new(100_000, 15_000, 60_000)),
        ("o1", new(100_000, 1500, 6000)),
        ("o3-pro", new(100_000, 2000, 8000)),
        ("o3-mini", new(100_000, 110, 440)),
        ("o3-deep", new(100_000, 1000, 4000)),
        ("o3", new(100_000, 200, 800)),
        ("o4-mini-deep", new(100_000, 200, 800)),
        ("o4-mini", new(100_000, 110, 440)),

        ("gemini-2.0-flash-lite", new(8192, 7.5, 30)),
        ("gemini-2.0-flash", new(8192, 10, 40)),
        ("gemini-2.5-flash-lite", new(65_536, 10, 40)),
        ("gemini-2.5-flash-image", new(32_768)),
        ("gemini-2.5-flash", new(65_536, 30, 250)),
        ("gemini-2.5-pro", new(65_536, 125, 1000)),
        ("gemini-3.1-flash-lite", new(65_536, 25, 150)),
        ("gemini-3.1-pro", new(65_536, 200, 1200)),
        ("gemini-3.5-flash", new(65_536, 150, 900)),
        ("gemini-3-flash", new(65_536, 50, 300)),
        ("gemini-3-pro", new(65_536, 200, 1200)),
        ("gemini-2", new(65_536)),
        ("gemini-3", new(65_536)),

        ("nova-micro", new(10_000, 3.5, 14)),
        ("nova-lite", new(10_000, 6, 24)),
        ("nova-pro", new(10_000, 80, 320)),
        ("command-a-plus", new(64_000, 250, 1000)),
        ("command-a-reasoning", new(32_000, 250, 1000)),
        ("command-a", new(8000, 250, 1000)),
        ("command-r-plus", new(4000, 250, 1000)),
        ("command-r7b", new(4000, 3.75, 15)),
        ("command-r", new(4000, 15, 60)),
    ];

    /// <summary>The facts about <paramref name="wireModel"/>, a provider's name of it; null when nothing is known.</summary>
    public static ModelFacts? Find(string wireModel)
    {
        string name = ModelName.Normalise(wireModel);
        foreach ((string row, ModelFacts facts) in Rows)
        {
            if (name.StartsWith(row, StringComparison.Ordinal))
            {
                return facts;
            }
        }

        return null;
    }
}
