using System.Text;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <summary>The current row of <paramref name="reader"/>.</summary>
internal sealed class PostgresRow(NpgsqlDataReader reader) : IStoreRow
{
    private byte[] _utf8 = new byte[256];

    /// <inheritdoc/>
    public bool IsNull(int column) => reader.IsDBNull(column);

    /// <inheritdoc/>
    public long Count(int column) => TryCount(column, out long value) ? value : throw Unreadable(column);

    /// <inheritdoc/>
    public bool TryCount(int column, out long value)
    {
        value = reader.IsDBNull(column) ? -1 : reader.GetInt64(column);
        return value >= 0;
    }

    /// <summary>A number of the current row, of either sign.</summary>
    public long Number(int column) => reader.GetInt64(column);

    /// <summary>A text of the current row; null where there is none.</summary>
    public string? OptionalText(int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    /// <inheritdoc/>
    public string Text(int column) => reader.IsDBNull(column) ? throw Unreadable(column) : reader.GetString(column);

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Utf8(int column)
    {
        string text = Text(column);
        int most = Encoding.UTF8.GetMaxByteCount(text.Length);
        if (_utf8.Length < most)
        {
            _utf8 = new byte[most];
        }

        return _utf8.AsSpan(0, Encoding.UTF8.GetBytes(text, _utf8));
    }

    /// <inheritdoc/>
    public byte[] Blob(int column) => reader.IsDBNull(column) ? throw Unreadable(column) : reader.GetFieldValue<byte[]>(column);

    /// <inheritdoc/>
    public InvalidDataException Unreadable(int column) => new($"has an unreadable {reader.GetName(column)}");
}
