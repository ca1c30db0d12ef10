using System.Globalization;
using Npgsql;
using NpgsqlTypes;

namespace Busbar.Governance.Store.Postgres;

/// <summary>Moves everything from a file of SQLite into an empty PostgreSQL database, all or nothing, and proves that it arrived.</summary>
internal static class StoreCopy
{
    // Kept for all nodes together; columns after the bar are summed up on both sides.
    private static readonly (string Table, string Keys, string Sums, bool HasEpoch, string Order)[] Tables =
    [
        ("key_groups", "id, name, parent_id, limits, child_limits", "frozen, created_at", false, "created_at, id"),
        ("virtual_keys", $"{KeyRow.Columns.Replace(", created_at", "", StringComparison.Ordinal)}", "created_at", false, "rowid"),
        ("usage_counters", "key_id, window_start", "spend_nanos, tokens, requests", true, "window_start, key_id"),
        ("usage_daily", "day, key_id, model, asked, labels", string.Join(", ", PostgresStore.DayColumns), true, "day, key_id"),
        ("limit_counters", "owner, limit_key, window_start", "used", true, "owner"),
        ("limit_alerts", "owner, limit_key, window_start", "percent", false, "owner"),
        ("audit_log", "action, subject, detail, source", "at", false, "id"),
    ];

    /// <summary>
    /// Copies <paramref name="from"/> into <paramref name="to"/>. Throws <see cref="StoreException"/>, and has written nothing, when the target holds
    /// keys or groups already, when a row cannot be read, or when the sums of both differ in the end.
    /// </summary>
    public static IReadOnlyList<CopiedTable> Run(SqliteStore from, PostgresStore to) => to.InOneTransaction(connection =>
    {
        connection.Run("LOCK TABLE busbar.head, busbar.virtual_keys, busbar.key_groups IN EXCLUSIVE MODE");
        if (connection.Number("SELECT (SELECT count(*) FROM busbar.virtual_keys) + (SELECT count(*) FROM busbar.key_groups)") > 0)
        {
            throw new StoreException($"the database {to.Place} holds keys or groups already; copy into an empty one");
        }

        List<CopiedTable> copied = [];
        foreach ((string table, string keys, string sums, bool hasEpoch, string order) in Tables)
        {
            CopiedTable sent = Send(from, connection, table, keys, sums, hasEpoch, order);
            CopiedTable arrived = Read(connection, table, sums);
            if (sent != arrived)
            {
                throw new StoreException(
                    $"the table {table} did not arrive whole ({sent.Rows} rows with sum {sent.Sum}, of which {arrived.Rows} with {arrived.Sum}); " +
                    "nothing was written");
            }

            copied.Add(arrived);
        }

        return copied;
    });

    private static CopiedTable Send(SqliteStore from, NpgsqlConnection connection, string table, string keys, string sums, bool hasEpoch,
        string order)
    {
        string columns = $"{keys}, {sums}";
        int firstSum = keys.Split(", ").Length;
        long rows = 0;
        Int128 sum = 0;
        using NpgsqlBinaryImporter import = connection.BeginBinaryImport(
            $"COPY busbar.{table} ({columns}{(hasEpoch ? ", epoch" : "")}) FROM STDIN (FORMAT BINARY)");
        from.Scan($"SELECT {columns} FROM {table} ORDER BY {order}", row =>
        {
            import.StartRow();
            for (int column = 0; column < row.FieldCount; column++)
            {
                switch (row.GetValue(column))
                {
                    case long number:
                        import.Write(number, NpgsqlDbType.Bigint);
                        sum += column >= firstSum ? number : 0;
                        break;
                    case string text:
                        import.Write(PostgresText.Clean(text), NpgsqlDbType.Text);
                        break;
                    case byte[] bytes:
                        import.Write(bytes, NpgsqlDbType.Bytea);
                        break;
                    case DBNull:
                        import.WriteNull();
                        break;
                    default:
                        throw new InvalidDataException(
                            $"gets an unreadable {row.GetName(column)} from the table {table}; correct that row of the file first");
                }
            }

            if (hasEpoch)
            {
                import.Write(0L, NpgsqlDbType.Bigint);
            }

            rows++;
        });
        import.Complete();
        return new CopiedTable(table, rows, sum);
    }

    private static CopiedTable Read(NpgsqlConnection connection, string table, string sums) => connection.Read(
        $"SELECT count(*), coalesce(sum({string.Join(" + ", sums.Split(", ").Select(column => $"{column}::numeric"))}), 0)::text FROM busbar.{table}",
        row => new CopiedTable(table, row.Count(0), Int128.Parse(row.Text(1), CultureInfo.InvariantCulture)))[0];
}
