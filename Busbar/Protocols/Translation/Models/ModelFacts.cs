namespace Busbar.Protocols.Translation.Models;

/// <summary>
/// What vendors publish about families of models, whoever hosts them: the longest output. State of 2026-07-02, vendors' model pages; a name that no
/// row knows has no facts, since hosts of open models set their own.
/// </summary>
/// <param name="MaxOutput">Most output tokens that any model of the family writes in one answer, thinking included.</param>
internal readonly record struct ModelFacts(long MaxOutput)
{
    // The first row whose text the normalised name starts with decides.
    private static readonly (string Name, ModelFacts Facts)[] Rows =
    [
        ("claude-opus-4-8", new(128_000)),
        ("claude-opus-4-7", new(128_000)),
        ("claude-opus-4-6", new(128_000)),
        ("claude-opus-4-5", new(64_000)),
        ("claude-opus-4", new(32_000)),
        ("claude-sonnet-5-5", new(128_000)),
        ("claude-sonnet-5", new(128_000)),
        ("claude-sonnet-4-6", new(128_000)),
        ("claude-sonnet-4", new(64_000)),
        ("claude-haiku-4-5", new(64_000)),
        ("claude-fable-5", new(128_000)),
        ("claude-3-7-sonnet", new(128_000)),
        ("claude-3-5-sonnet", new(8192)),
        ("claude-3-5-haiku", new(8192)),
        ("claude-3-haiku", new(4096)),
        ("claude-3-opus", new(4096)),
        ("claude-3-sonnet", new(4096)),
        ("claude-", new(128_000)),

        ("gpt-3.5-turbo", new(16_384)),
        ("gpt-4.1-nano", new(32_768)),
        ("gpt-4.1-mini", new(32_768)),
        ("gpt-4.1", new(32_768)),
        ("gpt-4o-mini", new(16_384)),
        ("gpt-4o", new(16_384)),
        ("gpt-4-turbo", new(4096)),
        ("gpt-4-32k", new(32_768)),
        ("gpt-4", new(8192)),
        ("gpt-5-pro", new(272_000)),
        ("gpt-5-nano", new(128_000)),
        ("gpt-5-mini", new(128_000)),
        ("gpt-5.1", new(128_000)),
        ("gpt-5.2-pro", new(128_000)),
        ("gpt-5.2", new(128_000)),
        ("gpt-5.3", new(128_000)),
        ("gpt-5.4-pro", new(128_000)),
        ("gpt-5.4-nano", new(128_000)),
        ("gpt-5.4-mini", new(128_000)),
        ("gpt-5.4", new(128_000)),
        ("gpt-5.5-pro", new(128_000)),
        ("gpt-5.5", new(128_000)),
        ("gpt-5.", new(128_000)),
        ("gpt-5", new(128_000)),
        ("o1-mini", new(65_536)),
        ("o1-pro", new(100_000)),
        ("o1", new(100_000)),
        ("o3-pro", new(100_000)),
        ("o3-mini", new(100_000)),
        ("o3-deep", new(100_000)),
        ("o3", new(100_000)),
        ("o4-mini-deep", new(100_000)),
        ("o4-mini", new(100_000)),

        ("gemini-2.0-flash-lite", new(8192)),
        ("gemini-2.0-flash", new(8192)),
        ("gemini-2.5-flash-lite", new(65_536)),
        ("gemini-2.5-flash-image", new(32_768)),
        ("gemini-2.5-flash", new(65_536)),
        ("gemini-2.5-pro", new(65_536)),
        ("gemini-3.1-flash-lite", new(65_536)),
        ("gemini-3.1-pro", new(65_536)),
        ("gemini-3.5-flash", new(65_536)),
        ("gemini-3-flash", new(65_536)),
        ("gemini-3-pro", new(65_536)),
        ("gemini-2", new(65_536)),
        ("gemini-3", new(65_536)),

        ("nova-micro", new(10_000)),
        ("nova-lite", new(10_000)),
        ("nova-pro", new(10_000)),
        ("command-a-plus", new(64_000)),
        ("command-a-reasoning", new(32_000)),
        ("command-a", new(8000)),
        ("command-r-plus", new(4000)),
        ("command-r7b", new(4000)),
        ("command-r", new(4000)),
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
