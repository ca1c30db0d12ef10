namespace Busbar.Protocols.Translation.Models;

/// <summary>Brings the spellings under which providers and resellers offer one model to a common form.</summary>
internal static class ModelName
{
    /// <summary>Whether a normalised <paramref name="name"/> begins with one of <paramref name="prefixes"/>.</summary>
    public static bool IsOneOf(string name, params ReadOnlySpan<string> prefixes)
    {
        foreach (string prefix in prefixes)
        {
            if (name.StartsWith(prefix, StringComparison.Ordinal))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// The bare name: lower case, without ARN, region or vendor prefix (<c>us.anthropic.claude-…</c>, <c>openai/gpt-…</c>, <c>models/…</c>), with
    /// versions hyphenated (<c>claude-opus-4.5</c>) where the vendor hyphenates them. Other characters become hyphens.
    /// </summary>
    public static string Normalise(string model)
    {
        int slash = model.LastIndexOf('/');
        ReadOnlySpan<char> name = model.AsSpan(slash + 1);
        foreach (string vendor in (ReadOnlySpan<string>)["anthropic.", "amazon.", "cohere.", "openai.", "meta.", "mistral.", "deepseek."])
        {
            int at = name.IndexOf(vendor, StringComparison.OrdinalIgnoreCase);
            if (at >= 0)
            {
                name = name[(at + vendor.Length)..];
                break;
            }
        }

        bool isClaude = name.StartsWith("claude", StringComparison.OrdinalIgnoreCase);
        return string.Create(Math.Min(name.Length, 96), (name.ToString(), isClaude), static (span, source) =>
        {
            for (int index = 0; index < span.Length; index++)
            {
                char character = char.ToLowerInvariant(source.Item1[index]);
                span[index] = char.IsAsciiLetterOrDigit(character) || (character == '.' && !source.isClaude) ? character : '-';
            }
        });
    }
}
