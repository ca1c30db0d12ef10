using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols;

/// <summary>The words in which answers say which service tier served them.</summary>
internal static class TierWords
{
    /// <summary>Puts <paramref name="tier"/> into the word that clients of <paramref name="client"/> know; what has none there is noted unless it is the usual tier.</summary>
    public static void Fit(ref JsonText tier, ProtocolId client, ref Losses losses)
    {
        if (tier.IsNullOrEmpty)
        {
            tier = default;
            return;
        }

        bool isUsual = tier.Is("standard"u8) || tier.Is("default"u8);
        JsonText word = client switch
        {
            ProtocolId.Anthropic or ProtocolId.Gemini when isUsual => JsonText.From("standard"),
            ProtocolId.OpenAI or ProtocolId.Responses or ProtocolId.Bedrock when isUsual => JsonText.From("default"),
            _ when tier.Is("priority"u8) => client == ProtocolId.Cohere ? default : tier,
            ProtocolId.Anthropic => tier.Is("batch"u8) ? tier : default,
            ProtocolId.OpenAI or ProtocolId.Responses => tier.Is("auto"u8) || tier.Is("flex"u8) || tier.Is("scale"u8) || tier.Is("fast"u8) ? tier : default,
            ProtocolId.Bedrock => tier.Is("flex"u8) || tier.Is("reserved"u8) ? tier : default,
            ProtocolId.Gemini => tier.Is("flex"u8) ? tier : default,
            _ => default,
        };
        if (word.IsAbsent && !isUsual && !tier.Is("auto"u8) && !tier.Is("unspecified"u8))
        {
            losses.Add(LossField.ServiceTier);
        }

        tier = word;
    }
}
