using System.Text.Json;

namespace Busbar.Wire.Json;

/// <summary>
/// Compares the name or string that a reader stands on. Half a surrogate pair, which the reader's own comparison throws at, is no text and so equals
/// none.
/// </summary>
internal static class TokenText
{
    /// <summary>Whether it is <paramref name="text"/>, UTF-8.</summary>
    public static bool Is(this in Utf8JsonReader reader, ReadOnlySpan<byte> text)
    {
        try
        {
            return reader.ValueTextEquals(text);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }

    /// <summary>Whether it is <paramref name="text"/>.</summary>
    public static bool Is(this in Utf8JsonReader reader, string text)
    {
        try
        {
            return reader.ValueTextEquals(text);
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
