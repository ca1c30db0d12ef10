using System.Text.Json;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Admission;

/// <summary>Which members of a request hold settings, in the folded form of <see cref="NameFold"/>.</summary>
internal static class SettingNames
{
    private const int LongestName = 256;

    /// <summary>Folds the name that <paramref name="reader"/> stands on; -1 for one that is too long to be of interest.</summary>
    public static int Fold(ref Utf8JsonReader reader, scoped Span<byte> folded)
    {
        if (!reader.ValueIsEscaped)
        {
            return NameFold.Fold(reader.ValueSpan, folded);
        }

        // Escapes are never shorter than what they stand for.
        Span<byte> plain = stackalloc byte[LongestName];
        return reader.ValueSpan.Length > LongestName ? -1 : NameFold.Fold(plain[..Unescape(ref reader, plain)], folded);
    }

    /// <summary>Whether hosts treat the members of an object so called as if they stood beside it.</summary>
    public static bool IsMerged(ReadOnlySpan<byte> name) =>
        name.SequenceEqual("extrabody"u8) || name.SequenceEqual("additionalmodelrequestfields"u8) || name.SequenceEqual("provideroptions"u8)
            || name.SequenceEqual("gateway"u8);

    /// <summary>Whether limits of output, or of thinking, may stand in an object so called.</summary>
    public static bool HoldsLimits(ReadOnlySpan<byte> name) =>
        IsMerged(name) || IsHome(name) || name.SequenceEqual("thinking"u8) || name.SequenceEqual("thinkingconfig"u8)
            || name.SequenceEqual("reasoning"u8)
        || name.SequenceEqual("reasoningconfig"u8) || name.SequenceEqual("options"u8) || name.SequenceEqual("parameters"u8);

    /// <summary>Whether it is the vendor's own object of settings: <c>generationConfig</c> (Gemini), <c>inferenceConfig</c> (Bedrock).</summary>
    public static bool IsHome(ReadOnlySpan<byte> name) => name.SequenceEqual("generationconfig"u8) || name.SequenceEqual("inferenceconfig"u8);

    // A name with an unpaired surrogate is no name of interest.
    private static int Unescape(ref Utf8JsonReader reader, scoped Span<byte> plain)
    {
        try
        {
            return reader.CopyString(plain);
        }
        catch (InvalidOperationException)
        {
            return 0;
        }
    }
}
