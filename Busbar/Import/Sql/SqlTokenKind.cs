namespace Busbar.Import.Sql;

/// <summary>What a <see cref="SqlToken"/> is.</summary>
internal enum SqlTokenKind
{
    /// <summary>The end of the file.</summary>
    End,

    /// <summary>A key word, a bare name or a number.</summary>
    Word,

    /// <summary>A name in double quotes.</summary>
    Name,

    /// <summary>A text in single quotes, or between dollar signs.</summary>
    Text,

    /// <summary>Any other character.</summary>
    Sign,
}
