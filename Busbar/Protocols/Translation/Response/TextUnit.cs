namespace Busbar.Protocols.Translation.Response;

/// <summary>What a position in a text counts.</summary>
internal enum TextUnit : byte
{
    /// <summary>Unicode scalar values, the unit of the representation.</summary>
    Scalar,

    /// <summary>Bytes of UTF-8 (Gemini).</summary>
    Utf8,

    /// <summary>UTF-16 code units.</summary>
    Utf16,
}
