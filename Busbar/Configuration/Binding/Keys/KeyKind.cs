namespace Busbar.Configuration.Binding.Keys;

/// <summary>What may stand behind a key, where no block of keys of its own does.</summary>
internal enum KeyKind
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>One of some words.</summary>
    Word,

    /// <summary>A whole number.</summary>
    Integer,

    /// <summary>A decimal number.</summary>
    Decimal,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Switch,

    /// <summary>A list of texts.</summary>
    Texts,

    /// <summary>A text or a list of texts.</summary>
    TextOrTexts,

    /// <summary>A list of blocks.</summary>
    Blocks,

    /// <summary>A mapping of names to texts.</summary>
    Map,
}
