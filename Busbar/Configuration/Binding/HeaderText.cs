using System.Buffers;

namespace Busbar.Configuration.Binding;

/// <summary>What may stand in a header (RFC 9110, section 5).</summary>
internal static class HeaderText
{
    private static readonly SearchValues<char> NameLetters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>True for a legal header name.</summary>
    public static bool IsName(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(NameLetters);

    /// <summary>True for text that can be a header value as it is: visible ASCII and inner spaces.</summary>
    public static bool IsValue(string text) => !text.AsSpan().ContainsAnyExceptInRange(' ', '~') && text.Trim().Length == text.Length;
}
