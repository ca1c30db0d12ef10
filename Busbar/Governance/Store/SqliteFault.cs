using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Busbar.Governance.Store;

/// <summary>What a failure of SQLite means to the operator: reason and remedy in one line.</summary>
internal static class SqliteFault
{
    /// <summary>Says of the database at <paramref name="path"/> what is wrong and what helps.</summary>
    public static StoreException Explain(string path, SqliteException fault) => new($"the database '{path}' {Reason(fault)}", fault);

    private static string Reason(SqliteException fault) => fault.SqliteErrorCode switch
    {
        raw.SQLITE_FULL => "cannot grow: the disk is full; free some space",
        raw.SQLITE_READONLY or raw.SQLITE_PERM => "cannot be written; make the file and its directory writable for this user",
        raw.SQLITE_BUSY or raw.SQLITE_LOCKED => "is locked by another program; end that program",
        raw.SQLITE_CORRUPT or raw.SQLITE_NOTADB => Damaged,
        raw.SQLITE_CANTOPEN
            => "cannot be opened, or not the files beside it; make the directory writable for this user and see that the disk is not full",
        raw.SQLITE_IOERR => $"cannot be read or written (SQLite error {fault.SqliteExtendedErrorCode}); see that the disk is sound and not full",
        _ => $"refused: {fault.Message}",
    };

    /// <summary>End of a sentence about a file whose content is not what SQLite wrote.</summary>
    public const string Damaged = "is damaged or is no SQLite database; restore it from a backup, or move it away to begin without keys";
}
