namespace Busbar.Import.Sql;

/// <summary>A token of SQL.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">A word, a name or a text without its quotes; a sign otherwise.</param>
internal readonly record struct SqlToken(SqlTokenKind Kind, string Text)
{
    /// <summary>Whether it is the word <paramref name="word"/>, in any case.</summary>
    public bool Is(string word) => Kind == SqlTokenKind.Word && Text.Equals(word, StringComparison.OrdinalIgnoreCase);

    /// <summary>Whether it is the sign <paramref name="sign"/>.</summary>
    public bool Is(char sign) => Kind == SqlTokenKind.Sign && Text[0] == sign;
}
