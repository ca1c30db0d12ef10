namespace Busbar.Governance.Store;

/// <summary>The current row of a query, with values that must have the type that they were written with.</summary>
internal interface IStoreRow
{
    /// <summary>Whether the current row has null there.</summary>
    bool IsNull(int column);

    /// <summary>A number of the current row that is at least 0; <see cref="InvalidDataException"/> when it is anything else.</summary>
    long Count(int column);

    /// <summary>Reads a number that is at least 0; false when it is anything else.</summary>
    bool TryCount(int column, out long value);

    /// <summary>Text of the current row; <see cref="InvalidDataException"/> when it is anything else.</summary>
    string Text(int column);

    /// <summary>Text of the current row, valid until the next one; <see cref="InvalidDataException"/> when it is anything else.</summary>
    ReadOnlySpan<byte> Utf8(int column);

    /// <summary>Bytes of the current row; <see cref="InvalidDataException"/> when it is anything else.</summary>
    byte[] Blob(int column);

    /// <summary>Says which column cannot be made sense of.</summary>
    InvalidDataException Unreadable(int column);
}
