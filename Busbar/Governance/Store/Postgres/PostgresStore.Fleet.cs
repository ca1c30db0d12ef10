using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Nodes;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <content>What nodes know of each other.</content>
internal sealed partial class PostgresStore
{
    private const string Head = "SELECT seq, facts FROM busbar.head";
    private const int HeadSeconds = 1;
    private const int FoldAtOnce = 20;

    /// <inheritdoc/>
    public string Place => $"{_config.Address}";

    /// <inheritdoc/>
    public long Position
    {
        get => Interlocked.Read(ref _position);
        set => Interlocked.Exchange(ref _position, value);
    }

    /// <inheritdoc/>
    public FleetHead ReadHead() => Do(connection =>
    {
        using NpgsqlCommand command = connection.Command(Head);
        command.CommandTimeout = HeadSeconds;
        using NpgsqlDataReader row = command.ExecuteReader();
        row.Read();
        return new FleetHead(row.GetInt64(0), row.GetInt64(1));
    });

    /// <inheritdoc/>
    public IReadOnlyList<FleetChange> ReadChanges() => Do(connection => connection.Read(
        "SELECT kind, id, seq FROM busbar.changes WHERE seq > $1 ORDER BY seq", row => new FleetChange(row.Text(0), row.Text(1), row.Count(2)),
        Position));

    /// <inheritdoc/>
    public IReadOnlyList<VirtualKey> ReadKeys(IReadOnlyCollection<string>? ids) => Do(connection => connection.Read(
        $"SELECT {KeyRow.Columns} FROM busbar.virtual_keys {(ids is null ? "" : "WHERE id = ANY ($1)")} ORDER BY created_at, number",
        new KeyRow().Read, ids is null ? [] : [ids.ToArray()]));

    /// <inheritdoc/>
    public IReadOnlyList<Group> ReadGroups() => Do(PostgresLoader.ReadGroups);

    /// <inheritdoc/>
    public IReadOnlyList<LimitUsage> ReadLimitUsages(IReadOnlyCollection<string> owners)
        => Do(connection => PostgresLoader.ReadLimitUsages(connection, "owner = ANY ($1)", (object)owners.ToArray()));

    /// <inheritdoc/>
    public WindowUsage ReadWindow(string key, long start) => Do(connection => connection.Read(
        $"SELECT {PostgresLoader.Sums("spend_nanos", "tokens", "requests")} FROM busbar.usage_counters WHERE key_id = $1 AND window_start = $2 " +
            "HAVING count(*) > 0",
        row => new WindowUsage(key, start, row.Count(0), row.Count(1), row.Count(2)), key, start) is [var window] ? window
            : new WindowUsage(key, start, 0, 0, 0));

    /// <inheritdoc/>
    public void Beat() => Do(connection => connection.Run("UPDATE busbar.nodes SET seen_at = now() WHERE epoch = $1", Epoch));

    /// <inheritdoc/>
    public IReadOnlyList<FleetNode> ReadNodes() => Do(connection => connection.Read(
        """
        SELECT name, epoch, version, address, extract(epoch FROM started_at)::bigint, greatest(0, extract(epoch FROM now() - seen_at))::bigint, ended::int::bigint
        FROM busbar.nodes WHERE seen_at > now() - interval '1 day' ORDER BY epoch
        """,
        row => new FleetNode(row.Text(0), row.Count(1), row.Text(2), row.Text(3), row.Count(4), row.Count(5), row.Count(6) != 0)));

    private void Register() => Interlocked.Exchange(ref _epoch, Do(connection => connection.Number(
        "INSERT INTO busbar.nodes (name, version, address) VALUES ($1, $2, $3) RETURNING epoch", Environment.MachineName, ProductVersion.Text,
        _listens)!.Value));

    // A change that takes effect: numbered first, which makes the others wait, so that numbers become visible in their order.
    private bool Edit(string kind, string id, Func<NpgsqlConnection, bool> work)
    {
        lock (_editing)
        {
            long last = 0;
            bool isDone;
            try
            {
                isDone = Do(connection => TryEdit(connection, kind, id, work, out last));
            }
            catch (StoreException problem) when (problem.InnerException is PostgresException { SqlState: PostgresErrorCodes.ForeignKeyViolation }
                || (kind == FleetChange.Group && problem.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation }))
            {
                throw new StaleStoreException(problem);
            }

            // Nobody else came between: there is nothing to follow.
            if (isDone && Position == last - 1)
            {
                Position = last;
            }

            return isDone;
        }
    }

    private bool TryEdit(NpgsqlConnection connection, string kind, string id, Func<NpgsqlConnection, bool> work, out long number)
    {
        using NpgsqlTransaction transaction = connection.BeginTransaction();
        number = connection.Number("UPDATE busbar.head SET seq = seq + 1 RETURNING seq")!.Value;

        // The place of a group among all others is part of it.
        if (connection.Number("SELECT max(seq) FROM busbar.changes WHERE kind = $1 AND (id = $2 OR kind = 'group')", kind, id) > Position)
        {
            throw new StaleStoreException();
        }

        if (!work(connection))
        {
            return false;
        }

        connection.Run(
            "INSERT INTO busbar.changes (kind, id, seq) VALUES ($1, $2, $3) ON CONFLICT (kind, id) DO UPDATE SET seq = excluded.seq, at = now()",
            kind, id, number);
        transaction.Commit();
        return true;
    }

    // What nodes have used that are gone becomes one sum. A node that was silent for an hour begins under another epoch when it comes back.
    private static int Fold(NpgsqlConnection connection)
    {
        using NpgsqlTransaction transaction = connection.BeginTransaction();
        long[] gone =
        [
            .. connection.Read(
                """
                UPDATE busbar.nodes SET folded = true WHERE epoch = ANY (ARRAY (
                  SELECT epoch FROM busbar.nodes WHERE NOT folded AND (ended OR seen_at < now() - interval '1 hour') ORDER BY epoch LIMIT $1 FOR UPDATE SKIP LOCKED))
                RETURNING epoch
                """,
                row => row.Count(0),
                (long)FoldAtOnce),
        ];
        if (gone.Length > 0)
        {
            Fold(connection, gone, "usage_counters", "window_start, key_id", "spend_nanos", "tokens", "requests");
            Fold(connection, gone, "usage_daily", "day, key_id, model, asked, labels", DayColumns);
            Fold(connection, gone, "limit_counters", "owner, limit_key, window_start", "used");
        }

        connection.Run("DELETE FROM busbar.nodes WHERE folded AND seen_at < now() - interval '2 days'");
        transaction.Commit();
        return 0;
    }

    private static void Fold(NpgsqlConnection connection, long[] gone, string table, string key, params string[] sums) => connection.Run(
        $"""
        WITH gone AS (DELETE FROM busbar.{table} WHERE epoch = ANY ($1) RETURNING *)
        INSERT INTO busbar.{table} ({key}, epoch, {string.Join(", ", sums)}) SELECT {key}, 0, {PostgresLoader.Sums(sums)} FROM gone GROUP BY {key}
        ON CONFLICT ({key}, epoch) DO UPDATE SET {string.Join(", ", sums.Select(sum => $"{sum} = least({table}.{sum}::numeric + excluded.{sum}, {long.MaxValue})::bigint"))}
        """,
        gone);
}
