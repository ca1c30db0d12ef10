using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Busbar.Governance.Store;

/// <summary>
/// The rows of a query, one at a time, past ADO.NET and over the handle of its connection: a start reads millions of values, and through safe handles
/// each would cost several times what SQLite takes for it.
/// </summary>
// Bounds: the only pointer is that of Bytes, to as many bytes as SQLite itself says right after it has handed the pointer out, with nothing called on
// the value in between; the span ends with the row, which its callers copy from or parse before they step on. Columns are constants of the query
// beside them.
internal sealed unsafe partial class SqliteRow : IStoreRow, IDisposable
{
    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly nint _handle;

    /// <summary>Prepares <paramref name="sql"/> with numbers for its parameters. Throws <see cref="SqliteException"/>.</summary>
    public SqliteRow(SqliteConnection connection, string sql, params ReadOnlySpan<long> numbers)
    {
        _database = connection.Handle!;
        Check(raw.sqlite3_prepare_v2(_database, sql, out _statement));
        _handle = _statement.DangerousGetHandle();
        for (int i = 0; i < numbers.Length; i++)
        {
            Check(raw.sqlite3_bind_int64(_statement, i + 1, numbers[i]));
        }
    }

    /// <summary>Goes to the next row; false after the last one. Throws <see cref="SqliteException"/>.</summary>
    public bool Next()
    {
        int code = Step(_handle);
        Check(code);
        return code == raw.SQLITE_ROW;
    }

    /// <inheritdoc/>
    public bool IsNull(int column) => ValueType(Column(_handle, column)) == raw.SQLITE_NULL;

    /// <inheritdoc/>
    public long Count(int column) => TryCount(column, out long value) ? value : throw Unreadable(column);

    /// <inheritdoc/>
    public bool TryCount(int column, out long value)
    {
        nint cell = Column(_handle, column);
        bool isInteger = ValueType(cell) == raw.SQLITE_INTEGER;
        value = isInteger ? ValueInteger(cell) : 0;
        return isInteger && value >= 0;
    }

    /// <inheritdoc/>
    public string Text(int column) => Encoding.UTF8.GetString(Utf8(column));

    /// <inheritdoc/>
    public ReadOnlySpan<byte> Utf8(int column) => Bytes(column, raw.SQLITE_TEXT);

    /// <inheritdoc/>
    public byte[] Blob(int column) => Bytes(column, raw.SQLITE_BLOB).ToArray();

    /// <inheritdoc/>
    public InvalidDataException Unreadable(int column) => new($"has an unreadable {raw.sqlite3_column_name(_statement, column).utf8_to_string()}");

    /// <inheritdoc/>
    public void Dispose() => _statement.Dispose();

    private ReadOnlySpan<byte> Bytes(int column, int type)
    {
        nint cell = Column(_handle, column);
        if (ValueType(cell) != type)
        {
            throw Unreadable(column);
        }

        // Asked for in this order, so that the length is that of the form the pointer leads to; null stands for no bytes, and the length is then 0.
        byte* bytes = ValueBlob(cell);
        return new ReadOnlySpan<byte>(bytes, ValueLength(cell));
    }

    // What a column holds may be looked at directly, since no two threads use one connection (https://sqlite.org/c3ref/value.html).
    [LibraryImport("sqlite3", EntryPoint = "sqlite3_column_value"), SuppressGCTransition]
    private static partial nint Column(nint statement, int column);

    [LibraryImport("sqlite3", EntryPoint = "sqlite3_value_type"), SuppressGCTransition]
    private static partial int ValueType(nint value);

    [LibraryImport("sqlite3", EntryPoint = "sqlite3_value_int64"), SuppressGCTransition]
    private static partial long ValueInteger(nint value);

    [LibraryImport("sqlite3", EntryPoint = "sqlite3_value_blob"), SuppressGCTransition]
    private static partial byte* ValueBlob(nint value);

    [LibraryImport("sqlite3", EntryPoint = "sqlite3_value_bytes"), SuppressGCTransition]
    private static partial int ValueLength(nint value);

    // May read from the disk.
    [LibraryImport("sqlite3", EntryPoint = "sqlite3_step")]
    private static partial int Step(nint statement);

    private void Check(int code) => SqliteException.ThrowExceptionForRC(code, _database);
}
