using Busbar.Governance.Keys;

namespace Busbar.Governance.Store;

/// <summary>Reads what a start needs: every key, and the current budget window of each.</summary>
internal static class SqliteLoader
{
    // A row of a key takes more bytes of the file than this.
    private const int LeastRow = 128;

    /// <summary>Everything, as of <paramref name="now"/> (epoch second). Throws <see cref="InvalidDataException"/> for a key that makes no sense.</summary>
    public static StoredGovernance Load(SqliteStatements sql, long now)
    {
        var reader = new SqliteKeyRow();
        var keys = new List<VirtualKey>(Expected(sql));
        sql.LoadKeys.Each(row => keys.Add(reader.Read(row)));

        // Rows come in the order of insertion, which is that of creation, unless clocks or people changed it.
        for (int i = 1; i < keys.Count; i++)
        {
            if (keys[i - 1].CreatedAt > keys[i].CreatedAt)
            {
                keys = [.. keys.OrderBy(key => key.CreatedAt)];
                break;
            }
        }

        var windows = new SqliteWindowRows(keys, now);
        sql.LoadWindows.With(windows.Day).With(windows.Month).Each(windows.Add);
        List<string> unreadable = windows.End();
        return new StoredGovernance(keys, windows.Windows(), unreadable) { Warnings = reader.Warnings };
    }

    // Row ids grow with every key that was ever made, the file with those that are left: room is made for the fewer of both.
    private static int Expected(SqliteStatements sql)
    {
        long last = sql.LastKey.Read(row => row.IsNull(0) ? 0 : row.Count(0))[0];
        long bytes = sql.FileSize.Read(row => row.Count(0))[0];
        return (int)Math.Min(last, bytes / LeastRow);
    }
}
