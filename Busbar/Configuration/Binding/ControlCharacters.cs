using System.Buffers;

namespace Busbar.Configuration.Binding;

/// <summary>Characters that have no place in a single-line setting.</summary>
internal static class ControlCharacters
{
    /// <summary>C0, DEL, C1 and the Unicode line and paragraph separators.</summary>
    public static SearchValues<char> All { get; } = SearchValues.Create(
        [.. Enumerable.Range(0, 0x20).Concat(Enumerable.Range(0x7F, 0x21)).Select(code => (char)code), '\u2028', '\u2029']);
}
