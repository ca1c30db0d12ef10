using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using SQLitePCL;

namespace Busbar.Governance.Store;

/// <summary>
/// One SQL statement, prepared once and run often. Below ADO.NET, because a flush runs tens of thousands. Values are bound in the order of their numbers; a
/// run ends with all of them forgotten. Every member throws <see cref="SqliteFailure"/> when SQLite fails.
/// </summary>
internal sealed unsafe partial class SqliteStatement : IDisposable
{
    private const int StackLimit = 256;

    private readonly sqlite3 _database;
    private readonly sqlite3_stmt _statement;
    private readonly nint _handle;
    private int _bound;

    /// <summary>Prepares <paramref name="sql"/>.</summary>
    public SqliteStatement(SqliteDatabase database, string sql)
    {
        _database = database.Handle;
        Check(raw.sqlite3_prepare_v3(_database, sql, raw.SQLITE_PREPARE_PERSISTENT, out _statement));
        _handle = _statement.DangerousGetHandle();
    }

    /// <summary>Binds the next value.</summary>
    public SqliteStatement With(long? value)
    {
        Check(value is { } number ? raw.sqlite3_bind_int64(_statement, ++_bound, number) : raw.sqlite3_bind_null(_statement, ++_bound));
        return this;
    }

    /// <summary>Binds the next value.</summary>
    public SqliteStatement With(string? value)
    {
        if (string.IsNullOrEmpty(value))
        {
            // An empty span would be bound as null.
            Check(value is null ? raw.sqlite3_bind_null(_statement, ++_bound) : raw.sqlite3_bind_text(_statement, ++_bound, string.Empty));
            return this;
        }

        int size = Encoding.UTF8.GetMaxByteCount(value.Length);
        byte[]? rented = size > StackLimit ? ArrayPool<byte>.Shared.Rent(size) : null;
        Span<byte> utf8 = rented ?? stackalloc byte[StackLimit];
        Check(raw.sqlite3_bind_text(_statement, ++_bound, utf8[..Encoding.UTF8.GetBytes(value, utf8)]));
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return this;
    }

    /// <summary>Binds the next value.</summary>
    public SqliteStatement With(byte[]? value)
    {
        Check(value is null ? raw.sqlite3_bind_null(_statement, ++_bound) : raw.sqlite3_bind_blob(_statement, ++_bound, value));
        return this;
    }

    /// <summary>Binds an increment of a window.</summary>
    public SqliteStatement Bind(in WindowUsage window) => With(window.KeyId).With(window.WindowStart).With(window.SpendMicroCents).With(window.Tokens).With(window.Requests);

    /// <summary>Binds an increment of a day.</summary>
    public SqliteStatement Bind(in DailyUsage day) => With(day.Day).With(day.KeyId).With(day.Model).With(day.Requests).With(day.Estimated)
        .With(day.SpendMicroCents).With(day.Input).With(day.CacheRead).With(day.CacheWrite).With(day.Output).With(day.Reasoning);

    /// <summary>Runs to the end. Number of rows changed, where it changes any.</summary>
    public int Run()
    {
        try
        {
            while (Step())
            {
            }

            return raw.sqlite3_changes(_database);
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Runs to the end and makes something of each row.</summary>
    public List<T> Read<T>(Func<SqliteStatement, T> row)
    {
        var rows = new List<T>();
        Each(each => rows.Add(row(each)));
        return rows;
    }

    /// <summary>Runs to the end and does <paramref name="row"/> for each row.</summary>
    public void Each(Action<SqliteStatement> row)
    {
        try
        {
            while (Step())
            {
                row(this);
            }
        }
        finally
        {
            Reset();
        }
    }

    /// <summary>Whether the current row has null there.</summary>
    public bool IsNull(int column) => ValueType(Column(_handle, column)) == raw.SQLITE_NULL;

    /// <summary>A number of the current row that is at least 0; <see cref="InvalidDataException"/> when it is anything else.</summary>
    public long Count(int column) => TryCount(column, out long value) ? value : throw Unreadable(column);

    /// <summary>Reads a number that is at least 0; false when it is anything else.</summary>
    public bool TryCount(int column, out long value)
    {
        nint cell = Column(_handle, column);
        bool isInteger = ValueType(cell) == raw.SQLITE_INTEGER;
        value = isInteger ? ValueInteger(cell) : 0;
        return isInteger && value >= 0;
    }

    /// <summary>Text of the current row; <see cref="InvalidDataException"/> when it is anything else.</summary>
    public string Text(int column) => Encoding.UTF8.GetString(Utf8(column));

    /// <summary>Text of the current row, valid until the next one; <see cref="InvalidDataException"/> when it is anything else.</summary>
    public ReadOnlySpan<byte> Utf8(int column) => Bytes(column, raw.SQLITE_TEXT);

    /// <summary>Bytes of the current row; <see cref="InvalidDataException"/> when it is anything else.</summary>
    public byte[] Blob(int column) => Bytes(column, raw.SQLITE_BLOB).ToArray();

    /// <summary>Says which column cannot be made sense of.</summary>
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

        byte* bytes = ValueBlob(cell);
        return new ReadOnlySpan<byte>(bytes, ValueLength(cell));
    }

    private bool Step()
    {
        int code = Step(_handle);
        if (code is not (raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            Check(code);
        }

        return code == raw.SQLITE_ROW;
    }

    // What it returns is the failure of the run, which was thrown already.
    private void Reset()
    {
        raw.sqlite3_reset(_statement);
        raw.sqlite3_clear_bindings(_statement);
        _bound = 0;
    }

    // A start reads millions of values; through the library's safe handles each would cost several times what SQLite takes for it. What a column holds may be
    // looked at directly, since no two threads use one connection (https://sqlite.org/c3ref/value.html).
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

    private void Check(int code) => SqliteFailure.ThrowFor(code, _database);
}
