using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Microsoft.Data.Sqlite;

namespace Busbar.Governance.Store;

/// <summary>Reads what a start needs: every key, and the current budget window of each.</summary>
internal static class SqliteLoader
{
    // A row of a key takes more bytes of the file than this.
    private const int MinRow = 128;

    /// <summary>
    /// Everything, as of <paramref name="now"/> (epoch second). Throws <see cref="InvalidDataException"/> for a key that makes no sense.
    /// </summary>
    public static StoredGovernance Load(SqliteConnection connection, long now)
    {
        var reader = new KeyRow();
        var keys = new List<VirtualKey>(Expected(connection));
        using (var row = new SqliteRow(connection, $"SELECT {KeyRow.Columns} FROM virtual_keys ORDER BY rowid"))
        {
            while (row.Next())
            {
                keys.Add(reader.Read(row));
            }
        }

        // Rows come in the order of insertion, which is that of creation, unless clocks or people changed it.
        for (int i = 1; i < keys.Count; i++)
        {
            if (keys[i - 1].CreatedAt > keys[i].CreatedAt)
            {
                keys = [.. keys.OrderBy(key => key.CreatedAt)];
                break;
            }
        }

        var windows = new WindowRows(keys, now);
        const string Current = "SELECT key_id, window_start, spend_nanos, tokens, requests FROM usage_counters WHERE window_start IN (0, ?1, ?2)";
        using (var row = new SqliteRow(connection, Current, windows.Day, windows.Month))
        {
            while (row.Next())
            {
                windows.Add(row);
            }
        }

        List<string> unreadable = windows.End();
        return new StoredGovernance(keys, windows.Windows(), unreadable)
        {
            Warnings = reader.Warnings,
            Groups = ReadGroups(connection),
            LimitUsages = connection.Read(
                "SELECT owner, limit_key, window_start, used FROM limit_counters",
                row => new LimitUsage(row.Text(0), row.Text(1), row.Count(2), row.Count(3))),
        };
    }

    private static List<Group> ReadGroups(SqliteConnection connection)
    {
        using var row = new SqliteRow(connection, GroupRow.Query);
        List<Group> groups = [];
        while (row.Next())
        {
            groups.Add(GroupRow.Read(row));
        }

        return groups;
    }

    // Row ids grow with every key that was ever made, the file with those that are left: room is made for the fewer of both.
    private static int Expected(SqliteConnection connection)
    {
        long last = connection.Read("SELECT ifnull(max(rowid), 0) FROM virtual_keys", row => row.Count(0))[0];
        long bytes = connection.Read("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size", row => row.Count(0))[0];
        return (int)Math.Min(last, bytes / MinRow);
    }
}
