using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols;

/// <summary>The words in which answers say which service tier served them.</summary>
internal static class TierWords
{
    /// <summary>The usual tier of Anthropic and Google.</summary>
    public static readonly JsonText Standard = JsonText.From("standard");

    /// <summary>The usual tier of OpenAI and Amazon.</summary>
    public static readonly JsonText Default = JsonText.From("default");

    /// <summary>
    /// Puts <paramref name="tier"/> into the word of <paramref name="client"/>; what has none there is noted unless it is the usual tier.
    /// </summary>
    public static void Fit(ref JsonText tier, Protocol client, ref Losses losses)
    {
        if (tier.IsNullOrEmpty)
        {
            tier = default;
            return;
        }

        JsonText word = client.TierWord(tier);
        if (word.IsAbsent && !IsUsual(tier) && !tier.Is("auto"u8) && !tier.Is("unspecified"u8))
        {
            losses.Add(LossField.ServiceTier);
        }

        tier = word;
    }

    /// <summary>Whether it is what is served when nobody asks for a tier.</summary>
    public static bool IsUsual(JsonText tier) => tier.Is("standard"u8) || tier.Is("default"u8);

    /// <summary>The word of both of OpenAI's protocols.</summary>
    public static JsonText OfOpenAI(JsonText tier) => IsUsual(tier) ? Default
        : tier.Is("priority"u8) || tier.Is("auto"u8) || tier.Is("flex"u8) || tier.Is("scale"u8) || tier.Is("fast"u8) ? tier
        : default;
}
