using SQLitePCL;

namespace Busbar.Governance.Store;

/// <summary>What SQLite answered when it failed. <see cref="SqliteFault"/> says what it means.</summary>
internal sealed class SqliteFailure(int code, int extendedCode, string message) : Exception($"SQLite error {code}: {message}")
{
    /// <summary>Its primary result code, as in <see href="https://sqlite.org/rescode.html"/>.</summary>
    public int Code { get; } = code;

    /// <summary>Its extended result code.</summary>
    public int ExtendedCode { get; } = extendedCode;

    /// <summary>Throws unless <paramref name="code"/> tells of success; <paramref name="database"/> has the details.</summary>
    public static void ThrowFor(int code, sqlite3 database)
    {
        if (code is not (raw.SQLITE_OK or raw.SQLITE_ROW or raw.SQLITE_DONE))
        {
            throw new SqliteFailure(code & 0xFF, raw.sqlite3_extended_errcode(database), raw.sqlite3_errmsg(database).utf8_to_string());
        }
    }
}
