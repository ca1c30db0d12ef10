using Busbar.Wire.Json;

namespace Busbar.Ir;

/// <summary>The words that vendors have for <see cref="ServedTier"/>; a word means the same in every protocol.</summary>
internal static class ServedTiers
{
    /// <summary>The word for <paramref name="tier"/> in logs.</summary>
    public static string NameOf(ServedTier tier) => tier switch
    {
        ServedTier.Batch => "batch",
        ServedTier.Flex => "flex",
        ServedTier.Priority => "priority",
        ServedTier.Other => "other",
        _ => "standard",
    };

    /// <summary>The tier called <paramref name="word"/>; <see cref="ServedTier.Standard"/> for no word.</summary>
    public static ServedTier Read(JsonText word)
    {
        // Vendors spell them "flex", "FLEX" and "ON_DEMAND_FLEX".
        const int Longest = 32;
        if (word.IsNullOrEmpty)
        {
            return ServedTier.Standard;
        }

        ReadOnlySpan<byte> raw = word.Span;
        Span<byte> lower = stackalloc byte[Longest];
        if (raw.Length > Longest)
        {
            return ServedTier.Other;
        }

        System.Text.Ascii.ToLower(raw, lower, out int length);
        ReadOnlySpan<byte> name = lower[..length];
        if (name.StartsWith("on_demand"u8))
        {
            name = name["on_demand"u8.Length..].TrimStart((byte)'_');
        }

        return name switch
        {
            _ when name.IsEmpty || name.SequenceEqual("default"u8) || name.SequenceEqual("standard"u8) || name.SequenceEqual("auto"u8)
                || name.SequenceEqual("unspecified"u8) => ServedTier.Standard,
            _ when name.SequenceEqual("batch"u8) => ServedTier.Batch,
            _ when name.SequenceEqual("flex"u8) => ServedTier.Flex,
            _ when name.SequenceEqual("priority"u8) || name.SequenceEqual("fast"u8) => ServedTier.Priority,
            _ => ServedTier.Other,
        };
    }
}
