using Busbar.Ir;

namespace Busbar.Protocols.Translation.Models;

/// <summary>
/// Which models can verify each other's signatures and encrypted reasoning. A Claude signature holds at Anthropic and at Bedrock alike; a Gemini one
/// within its generation; OpenAI's encrypted reasoning within OpenAI; anything else only at the very same model.
/// </summary>
internal static class ModelFamily
{
    /// <summary>Claude.</summary>
    public const string Claude = "claude";

    /// <summary>OpenAI.</summary>
    public const string OpenAI = "openai";

    /// <summary>Gemini, generation unknown.</summary>
    public const string Gemini = "gemini";

    /// <summary>The family of <paramref name="model"/> served over <paramref name="protocol"/>: lower-case letters, digits and hyphens.</summary>
    public static string Of(ProtocolId protocol, string model)
    {
        string name = ModelName.Normalise(model);
        if (name.StartsWith("claude-", StringComparison.Ordinal))
        {
            return ModelCapabilities.For(protocol, model).BoundThinking ? name : Claude;
        }

        if (name.StartsWith("gemini-", StringComparison.Ordinal))
        {
            return name.Length > 7 && char.IsAsciiDigit(name[7]) ? name[..8] : Gemini;
        }

        if (name.StartsWith("gpt-", StringComparison.Ordinal) || (name.Length > 1 && name[0] == 'o' && char.IsAsciiDigit(name[1])))
        {
            return OpenAI;
        }

        return name;
    }

    /// <summary>The family of a bare signature of which only the protocol that carried it is known.</summary>
    public static string Of(ProtocolId origin) => ProtocolTable.Get(origin).Reasoning.Family;

    /// <summary>Whether a model of <paramref name="family"/> takes back what <paramref name="issuer"/> signed.</summary>
    public static bool Accepts(string family, string issuer) =>
        family == issuer || (issuer == Gemini && family.StartsWith(Gemini, StringComparison.Ordinal));
}
