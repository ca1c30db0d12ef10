using Busbar.Configuration.Model.Store;
using Busbar.Governance.Leases;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <summary>Limits that nodes share through a PostgreSQL database: the functions of <see cref="LeaseSchema"/>.</summary>
/// <param name="config">The database.</param>
internal sealed class PostgresLeases(PostgresConfig config) : ILeaseStore
{
    // A node makes one call at a time; one that was given up may be under way beside the next.
    private readonly NpgsqlDataSource _source = PostgresSource.Create(
        config.Address ?? throw new InvalidOperationException("the address was not checked"));

    private static readonly TimeSpan FoldInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan FoldAge = TimeSpan.FromDays(1);
    private const int KeptSeconds = 600;
    private const string NoSession = "BB002";
    private const int PruneAtOnce = 20_000;
    private long _folded = Environment.TickCount64;

    /// <inheritdoc/>
    public Task<(long Session, long NowMillis)> OpenAsync(TimeSpan term, CancellationToken stop) => DoAsync(
        """
        INSERT INTO busbar.lease_sessions (node, ends_at) VALUES ($1, clock_timestamp() + $2) RETURNING id, (extract(epoch FROM clock_timestamp()) * 1000)::bigint
        """,
        static row => (row.GetInt64(0), row.GetInt64(1)), stop, Environment.MachineName, term);

    /// <inheritdoc/>
    public async Task<LeaseReply> ExchangeAsync(LeaseCall call, CancellationToken stop)
    {
        IReadOnlyList<LeaseAsk> asks = call.Asks;
        LeaseReply reply = await DoAsync(
            """
            SELECT alive, now_millis, granted, others_used, others_leased FROM busbar.lease($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
            """,
            ReplyOf, stop,
            call.Session, call.Sequence, call.Term, Column(asks, static ask => ask.Owner), Column(asks, static ask => ask.Key),
            Column(asks, static ask => ask.Start),
            Column(asks, static ask => ask.From), Column(asks, static ask => ask.End), Column(asks, static ask => ask.Cap),
            Column(asks, static ask => ask.Used),
            Column(asks, static ask => ask.Base), Column(asks, static ask => ask.Keep), Column(asks, static ask => ask.Least),
            Column(asks, static ask => ask.Need),
            Column(asks, static ask => ask.Target), Column(asks, static ask => ask.IsOfAccount),
            Column(asks, static ask => ask.Book)).ConfigureAwait(false);
        if (Environment.TickCount64 - _folded > FoldInterval.TotalMilliseconds)
        {
            _folded = Environment.TickCount64;
            await DoAsync("SELECT busbar.lease_fold($1)", static row => row.GetInt64(0), stop, FoldAge).ConfigureAwait(false);
            await DoAsync(
                $"""
                WITH past AS (DELETE FROM busbar.limit_counters WHERE ctid = ANY (ARRAY (SELECT ctid FROM busbar.limit_counters
                  WHERE ends_at < extract(epoch FROM clock_timestamp())::bigint - {KeptSeconds} LIMIT {PruneAtOnce} FOR UPDATE SKIP LOCKED)) RETURNING 1)
                SELECT count(*) FROM past
                """,
                static row => row.GetInt64(0), stop).ConfigureAwait(false);
        }

        return reply;
    }

    /// <inheritdoc/>
    public Task CloseAsync(long session, CancellationToken stop) => DoAsync(
        "UPDATE busbar.lease_sessions SET closed_at = coalesce(closed_at, clock_timestamp()) WHERE id = $1 RETURNING id",
        static row => row.GetInt64(0), stop, session);

    /// <inheritdoc/>
    public void Dispose() => _source.Dispose();

    private static LeaseReply ReplyOf(NpgsqlDataReader row)
    {
        if (row.IsDBNull(2))
        {
            return new LeaseReply(row.GetBoolean(0), row.GetInt64(1), []);
        }

        long[] granted = row.GetFieldValue<long[]>(2);
        long[] used = row.GetFieldValue<long[]>(3);
        long[] leased = row.GetFieldValue<long[]>(4);
        var grants = new LeaseGrant[granted.Length];
        for (int i = 0; i < grants.Length; i++)
        {
            grants[i] = new LeaseGrant(granted[i], used[i], leased[i]);
        }

        return new LeaseReply(row.GetBoolean(0), row.GetInt64(1), grants);
    }

    private static T[] Column<T>(IReadOnlyList<LeaseAsk> asks, Func<LeaseAsk, T> value)
    {
        var column = new T[asks.Count];
        for (int i = 0; i < column.Length; i++)
        {
            column[i] = value(asks[i]);
        }

        return column;
    }

    private async Task<T> DoAsync<T>(string sql, Func<NpgsqlDataReader, T> make, CancellationToken stop, params object[] values)
    {
        try
        {
            NpgsqlConnection connection = await _source.OpenConnectionAsync(stop).ConfigureAwait(false);
            await using (connection.ConfigureAwait(false))
            {
                using NpgsqlCommand command = connection.Command(sql, values);
                NpgsqlDataReader row = await command.ExecuteReaderAsync(stop).ConfigureAwait(false);
                await using (row.ConfigureAwait(false))
                {
                    return await row.ReadAsync(stop).ConfigureAwait(false) ? make(row)
                        : throw new StoreException($"the database {config.Address} has no such session");
                }
            }
        }
        catch (PostgresException fault) when (fault.SqlState == NoSession)
        {
            throw new GoneSessionException(fault);
        }
        catch (Exception problem) when (PostgresFault.IsFault(problem))
        {
            throw PostgresFault.Explain(config, problem);
        }
    }
}
