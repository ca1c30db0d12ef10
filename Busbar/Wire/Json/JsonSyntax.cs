namespace Busbar.Wire.Json;

/// <summary>Questions about the syntax of JSON text.</summary>
internal static class JsonSyntax
{
    /// <summary>Whether <paramref name="text"/> is exactly one valid JSON value, not nested deeper than <see cref="JsonTape.MaxDepth"/>.</summary>
    public static bool IsValue(ReadOnlySpan<byte> text)
    {
        var scanner = new JsonScanner(text);
        while (scanner.Read())
        {
        }

        return !scanner.IsBroken;
    }

    /// <summary>The text without JSON white space at either end.</summary>
    public static ReadOnlySpan<byte> Trim(ReadOnlySpan<byte> text) => text.Trim(" \t\r\n"u8);
}
