using System.Text;

namespace Busbar.Governance.Store.Postgres;

/// <summary>Texts as PostgreSQL takes them.</summary>
internal static class PostgresText
{
    /// <summary>
    /// <paramref name="text"/> without the character 0 and halves of pairs, which PostgreSQL refuses: what a client sends must not keep usage from
    /// being written.
    /// </summary>
    public static string Clean(string text) =>
        text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 && !text.Contains('\0') ? text
        : string.Concat(text.EnumerateRunes().Select(rune => rune.Value == 0 ? Rune.ReplacementChar : rune));
}
