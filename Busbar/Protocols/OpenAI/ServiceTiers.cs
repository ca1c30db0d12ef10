using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>The words of <c>service_tier</c> in an answer.</summary>
internal static class ServiceTiers
{
    /// <summary>Writes the member when the word has a counterpart here; nothing otherwise.</summary>
    public static void Write(JsonText tier, JsonWriter output)
    {
        if (tier.Is("standard"u8))
        {
            output.Literal("service_tier"u8, "default"u8);
        }
        else if (tier.Is("auto"u8) || tier.Is("default"u8) || tier.Is("flex"u8) || tier.Is("priority"u8) || tier.Is("scale"u8) || tier.Is("fast"u8))
        {
            output.Text("service_tier"u8, tier);
        }
    }
}
