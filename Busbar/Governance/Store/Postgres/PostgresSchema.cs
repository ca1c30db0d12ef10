using System.Globalization;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <summary>The tables, in a schema of their own called <c>busbar</c>, and how older ones become newer ones.</summary>
internal static class PostgresSchema
{
    /// <summary>The version that this program writes and reads.</summary>
    public static int Version => Steps.Length;

    // Any number will do, as long as all versions of the program lock the same.
    private const long Lock = 0x627573626172;
    private const int UpgradeSeconds = 300;
    private const int OldestServer = 130_000;

    private static readonly string[] Steps =
    [
        """
        CREATE TABLE busbar.nodes (
          epoch bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          name text NOT NULL,
          version text NOT NULL,
          address text NOT NULL DEFAULT '',
          started_at timestamptz NOT NULL DEFAULT now(),
          seen_at timestamptz NOT NULL DEFAULT now(),
          ended boolean NOT NULL DEFAULT false,
          folded boolean NOT NULL DEFAULT false);

        CREATE TABLE busbar.head (one boolean PRIMARY KEY DEFAULT true CHECK (one), seq bigint NOT NULL);
        INSERT INTO busbar.head (seq) VALUES (0);
        CREATE TABLE busbar.changes (
          kind text NOT NULL,
          id text NOT NULL,
          seq bigint NOT NULL,
          at timestamptz NOT NULL DEFAULT now(),
          PRIMARY KEY (kind, id));
        CREATE INDEX changes_seq ON busbar.changes (seq);

        CREATE TABLE busbar.key_groups (
          id text PRIMARY KEY,
          name text NOT NULL,
          parent_id text REFERENCES busbar.key_groups (id),
          frozen bigint NOT NULL DEFAULT 0,
          created_at bigint NOT NULL,
          limits text NOT NULL DEFAULT '',
          child_limits text NOT NULL DEFAULT '');
        CREATE UNIQUE INDEX key_groups_name ON busbar.key_groups (coalesce(parent_id, ''), name);

        CREATE TABLE busbar.virtual_keys (
          id text PRIMARY KEY,
          number bigint GENERATED ALWAYS AS IDENTITY,
          key_hash text NOT NULL UNIQUE,
          name text NOT NULL,
          allowed_pools text NOT NULL DEFAULT '',
          max_budget_cents bigint,
          budget_period text NOT NULL DEFAULT 'total',
          rpm_limit bigint,
          tpm_limit bigint,
          enabled bigint NOT NULL DEFAULT 1,
          created_at bigint NOT NULL,
          former_hash text UNIQUE,
          former_until bigint NOT NULL DEFAULT 0,
          max_concurrent bigint,
          enforcement text NOT NULL DEFAULT 'strict',
          price_per_request_cents bigint,
          price_per_1k_tokens_cents bigint,
          expires_at bigint,
          group_id text REFERENCES busbar.key_groups (id),
          labels text NOT NULL DEFAULT '',
          access_key_id text UNIQUE,
          access_key_secret bytea,
          limits text NOT NULL DEFAULT '');
        CREATE INDEX virtual_keys_group ON busbar.virtual_keys (group_id) WHERE group_id IS NOT NULL;

        CREATE TABLE busbar.usage_counters (
          key_id text NOT NULL REFERENCES busbar.virtual_keys (id) ON DELETE CASCADE,
          window_start bigint NOT NULL,
          epoch bigint NOT NULL,
          spend_nanos bigint NOT NULL,
          tokens bigint NOT NULL,
          requests bigint NOT NULL,
          PRIMARY KEY (window_start, key_id, epoch));
        CREATE INDEX usage_counters_key ON busbar.usage_counters (key_id);
        CREATE INDEX usage_counters_epoch ON busbar.usage_counters (epoch) WHERE epoch <> 0;

        CREATE TABLE busbar.usage_daily (
          day bigint NOT NULL,
          key_id text NOT NULL REFERENCES busbar.virtual_keys (id) ON DELETE CASCADE,
          model text NOT NULL,
          asked text NOT NULL,
          labels text NOT NULL,
          epoch bigint NOT NULL,
          requests bigint NOT NULL,
          estimated bigint NOT NULL,
          unpriced bigint NOT NULL,
          spend_nanos bigint NOT NULL,
          input bigint NOT NULL,
          cache_read bigint NOT NULL,
          cache_write bigint NOT NULL,
          cache_write_long bigint NOT NULL,
          output bigint NOT NULL,
          reasoning bigint NOT NULL,
          audio_input bigint NOT NULL,
          audio_output bigint NOT NULL,
          image_output bigint NOT NULL,
          PRIMARY KEY (day, key_id, model, asked, labels, epoch));
        CREATE INDEX usage_daily_key ON busbar.usage_daily (key_id);
        CREATE INDEX usage_daily_epoch ON busbar.usage_daily (epoch) WHERE epoch <> 0;

        CREATE TABLE busbar.limit_counters (
          owner text NOT NULL,
          limit_key text NOT NULL,
          window_start bigint NOT NULL,
          epoch bigint NOT NULL,
          used bigint NOT NULL,
          PRIMARY KEY (owner, limit_key, window_start, epoch));
        CREATE INDEX limit_counters_epoch ON busbar.limit_counters (epoch) WHERE epoch <> 0;

        CREATE TABLE busbar.limit_alerts (
          owner text NOT NULL,
          limit_key text NOT NULL,
          window_start bigint NOT NULL,
          percent bigint NOT NULL,
          PRIMARY KEY (owner, limit_key, window_start, percent));

        CREATE TABLE busbar.audit_log (
          id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
          at bigint NOT NULL,
          action text NOT NULL,
          subject text NOT NULL,
          detail text NOT NULL,
          source text NOT NULL);
        """,
        LeaseSchema.Create,
        """
        ALTER TABLE busbar.head ADD COLUMN facts bigint NOT NULL DEFAULT 0;
        CREATE TABLE busbar.facts (
          kind text NOT NULL,
          id text NOT NULL,
          value text NOT NULL,
          until bigint NOT NULL,
          seq bigint NOT NULL,
          PRIMARY KEY (kind, id));
        CREATE INDEX facts_seq ON busbar.facts (seq);
        """,
        LeaseSchema.Functions +
        """

        ALTER TABLE busbar.limit_alerts ADD COLUMN epoch bigint NOT NULL DEFAULT 0;

        -- A key without usage was once taken to have used up whatever budget it had.
        DELETE FROM busbar.limit_counters WHERE epoch = 0 AND limit_key LIKE 'key/budget/%' AND used = 9223372036854775807;
        """,
        LeaseSchema.Book + LeaseSchema.Functions,
        """
        ALTER TABLE busbar.limit_alerts ADD COLUMN used bigint NOT NULL DEFAULT 0, ADD COLUMN told boolean NOT NULL DEFAULT true;
        CREATE INDEX limit_alerts_untold ON busbar.limit_alerts (epoch) WHERE NOT told;
        """,
    ];

    /// <summary>
    /// Brings the tables to <see cref="Version"/>, whoever else is about to do the same. Throws <see cref="InvalidDataException"/> with the end of a
    /// sentence about the database when its schema is newer, or its server too old.
    /// </summary>
    /// <returns>The version that was found.</returns>
    public static int Upgrade(NpgsqlConnection connection)
    {
        if (connection.Number("SELECT current_setting('server_version_num')::bigint") < OldestServer)
        {
            throw new InvalidDataException("is of a server that is too old; PostgreSQL 13 or newer is needed");
        }

        int found = VersionOf(connection);
        if (found == Version)
        {
            return found;
        }

        // One transaction with one lock, which a pooler cannot tear apart.
        using NpgsqlTransaction transaction = connection.BeginTransaction();
        RunLong(connection, "SELECT pg_advisory_xact_lock($1)", Lock);
        found = VersionOf(connection);
        if (found == 0 && connection.Number("SELECT count(*) FROM pg_namespace WHERE nspname = 'busbar'") == 0)
        {
            connection.Run("CREATE SCHEMA busbar");
        }

        for (int version = found; version < Version; version++)
        {
            RunLong(connection, Steps[version]);
        }

        if (found == 0)
        {
            connection.Run("CREATE TABLE busbar.schema_version (version bigint NOT NULL)");
            connection.Run("INSERT INTO busbar.schema_version VALUES (0)");
        }

        connection.Run("UPDATE busbar.schema_version SET version = $1", (long)Version);
        transaction.Commit();
        return found;
    }

    // Another node may be at it, with much to do.
    private static void RunLong(NpgsqlConnection connection, string sql, params ReadOnlySpan<object?> values)
    {
        using NpgsqlCommand command = connection.Command(sql, values);
        command.CommandTimeout = UpgradeSeconds;
        command.ExecuteNonQuery();
    }

    /// <summary>
    /// The version of the schema, 0 where there is none. Throws <see cref="InvalidDataException"/> when this program does not know it.
    /// </summary>
    public static int VersionOf(NpgsqlConnection connection)
    {
        // One look: between two, another node could have made the tables.
        long? tables = connection.Number(
            """
            SELECT CASE WHEN bool_or(tablename = 'schema_version') THEN 2 WHEN count(*) > 0 THEN 1 ELSE 0 END::bigint
            FROM pg_tables WHERE schemaname = 'busbar'
            """);
        if (tables != 2)
        {
            return tables == 0 ? 0 : throw new InvalidDataException("has a schema called busbar that is another program's; use another database");
        }

        long version = connection.Number("SELECT max(version) FROM busbar.schema_version") ?? 0;
        return version <= Version ? (int)version : throw new InvalidDataException(string.Create(
            CultureInfo.InvariantCulture,
            $"has schema version {version} and this program knows versions up to {Version}; start the version of the program that wrote it"));
    }
}
