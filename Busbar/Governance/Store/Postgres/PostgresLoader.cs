using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <summary>Reads keys, groups and usage, the sums of all nodes.</summary>
internal static class PostgresLoader
{
    private const string Most = "9223372036854775807";

    /// <summary>Sums over nodes, of a select list.</summary>
    public static string Sums(params string[] columns) => string.Join(
        ", ", columns.Select(column => $"least(sum({column}), {Most})::bigint AS {column}"));

    /// <summary>What all nodes have used of limits, of those rows for which <paramref name="condition"/> holds.</summary>
    public static List<LimitUsage> ReadLimitUsages(NpgsqlConnection connection, string condition, params ReadOnlySpan<object?> values)
        => connection.Read(
            $"SELECT owner, limit_key, window_start, greatest(0, least(sum(used), {Most}))::bigint FROM busbar.limit_counters WHERE {condition} " +
                "GROUP BY owner, limit_key, window_start",
            row => new LimitUsage(row.Text(0), row.Text(1), row.Count(2), row.Count(3)), values);

    /// <summary>Every group.</summary>
    public static List<Group> ReadGroups(NpgsqlConnection connection) =>
        connection.Read(GroupRow.Query.Replace("key_groups", "busbar.key_groups", StringComparison.Ordinal), GroupRow.Read);

    /// <summary>
    /// Everything, as of <paramref name="now"/> (epoch second). Throws <see cref="InvalidDataException"/> for a key that makes no sense.
    /// </summary>
    public static StoredGovernance Load(NpgsqlConnection connection, long now)
    {
        var reader = new KeyRow();
        List<VirtualKey> keys = connection.Read($"SELECT {KeyRow.Columns} FROM busbar.virtual_keys ORDER BY created_at, number", reader.Read);
        var windows = new WindowRows(keys, now);
        connection.Read(
            $"SELECT key_id, window_start, {Sums("spend_nanos", "tokens", "requests")} FROM busbar.usage_counters WHERE window_start IN (0, $1, " +
                "$2) GROUP BY key_id, window_start",
            row =>
            {
                windows.Add(row);
                return true;
            },
            windows.Day,
            windows.Month);
        List<string> unreadable = windows.End();
        return new StoredGovernance(keys, windows.Windows(), unreadable)
        {
            Warnings = reader.Warnings,
            Groups = ReadGroups(connection),
            LimitUsages = ReadLimitUsages(connection, "limit_key NOT LIKE 'key/%'"),
        };
    }
}
