using Busbar.Ir;
using Microsoft.Data.Sqlite;

namespace Busbar.Governance.Store;

/// <summary>The tables and how they came to be. Every step upwards is one transaction; a file that is newer than the program is left alone.</summary>
internal static class SqliteSchema
{
    /// <summary>The version this program reads and writes; older ones are brought up to it.</summary>
    public const int Version = 6;

    // "Busb": tells our files from other programs' ("application_id" in SQLite's file format).
    private const long ApplicationId = 0x42757362;

    // Step i leads from version i to i + 1. Version 0 is an empty file, or one of the predecessor, whose tables had neither constraints between
    // them nor the columns from former_hash on, and which kept whole cents. What it stored with a wrong type stays as it is, to be reported when it
    // is loaded.
    private static readonly string[] Steps =
    [
        $"""
        CREATE TABLE IF NOT EXISTS virtual_keys (
          id TEXT PRIMARY KEY, key_hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, allowed_pools TEXT DEFAULT '', max_budget_cents INTEGER,
          budget_period TEXT DEFAULT 'total', rpm_limit INTEGER, tpm_limit INTEGER, enabled INTEGER DEFAULT 1, created_at INTEGER);
        CREATE TABLE IF NOT EXISTS usage_counters (
          key_id TEXT, window_start INTEGER, spend_cents INTEGER DEFAULT 0, tokens INTEGER DEFAULT 0, requests INTEGER DEFAULT 0,
          PRIMARY KEY (key_id, window_start));
        ALTER TABLE virtual_keys RENAME TO former_keys;
        ALTER TABLE usage_counters RENAME TO former_counters;

        CREATE TABLE virtual_keys (
          id TEXT NOT NULL PRIMARY KEY,
          key_hash TEXT NOT NULL UNIQUE,
          name TEXT NOT NULL,
          allowed_pools TEXT NOT NULL DEFAULT '',
          max_budget_cents INTEGER,
          budget_period TEXT NOT NULL DEFAULT 'total',
          rpm_limit INTEGER,
          tpm_limit INTEGER,
          enabled INTEGER NOT NULL DEFAULT 1,
          created_at INTEGER NOT NULL,
          former_hash TEXT,
          former_until INTEGER NOT NULL DEFAULT 0,
          max_concurrent INTEGER,
          enforcement TEXT NOT NULL DEFAULT 'strict',
          price_per_request_cents INTEGER,
          price_per_1k_tokens_cents INTEGER,
          expires_at INTEGER,
          key_group TEXT,
          labels TEXT NOT NULL DEFAULT '',
          access_key_id TEXT,
          access_key_secret BLOB);
        CREATE UNIQUE INDEX virtual_keys_former ON virtual_keys (former_hash) WHERE former_hash IS NOT NULL;
        CREATE UNIQUE INDEX virtual_keys_access ON virtual_keys (access_key_id) WHERE access_key_id IS NOT NULL;

        CREATE TABLE usage_counters (
          key_id TEXT NOT NULL REFERENCES virtual_keys (id) ON DELETE CASCADE,
          window_start INTEGER NOT NULL,
          spend_microcents INTEGER NOT NULL DEFAULT 0,
          spend_cents INTEGER GENERATED ALWAYS AS (spend_microcents / 1000000) VIRTUAL,
          tokens INTEGER NOT NULL DEFAULT 0,
          requests INTEGER NOT NULL DEFAULT 0,
          PRIMARY KEY (window_start, key_id)) WITHOUT ROWID;
        CREATE INDEX usage_counters_key ON usage_counters (key_id);

        CREATE TABLE usage_daily (
          day INTEGER NOT NULL,
          key_id TEXT NOT NULL REFERENCES virtual_keys (id) ON DELETE CASCADE,
          model TEXT NOT NULL,
          requests INTEGER NOT NULL DEFAULT 0,
          estimated INTEGER NOT NULL DEFAULT 0,
          spend_microcents INTEGER NOT NULL DEFAULT 0,
          input INTEGER NOT NULL DEFAULT 0,
          cache_read INTEGER NOT NULL DEFAULT 0,
          cache_write INTEGER NOT NULL DEFAULT 0,
          output INTEGER NOT NULL DEFAULT 0,
          reasoning INTEGER NOT NULL DEFAULT 0,
          PRIMARY KEY (day, key_id, model)) WITHOUT ROWID;
        CREATE INDEX usage_daily_key ON usage_daily (key_id);

        CREATE TABLE audit_log (
          id INTEGER PRIMARY KEY AUTOINCREMENT,
          at INTEGER NOT NULL,
          action TEXT NOT NULL,
          subject TEXT NOT NULL,
          detail TEXT NOT NULL,
          source TEXT NOT NULL);

        INSERT INTO virtual_keys (id, key_hash, name, allowed_pools, max_budget_cents, budget_period, rpm_limit, tpm_limit, enabled, created_at)
          SELECT id, key_hash, name, ifnull(allowed_pools, ''), max_budget_cents, ifnull(budget_period, 'total'), rpm_limit, tpm_limit, ifnull(enabled, 1),
            ifnull(created_at, 0) FROM former_keys ORDER BY created_at, rowid;
        INSERT INTO usage_counters (key_id, window_start, spend_microcents, tokens, requests)
          SELECT key_id, window_start,
            CASE WHEN typeof(spend_cents) <> 'integer' THEN ifnull(spend_cents, 0) WHEN spend_cents > 9223372036854 THEN {long.MaxValue} ELSE spend_cents * 1000000 END,
            ifnull(tokens, 0), ifnull(requests, 0)
          FROM former_counters WHERE window_start IS NOT NULL AND key_id IN (SELECT id FROM virtual_keys);
        DROP TABLE former_counters;
        DROP TABLE former_keys;
        PRAGMA application_id = {ApplicationId};
        """,

        // Nano-dollars instead of micro-cents, and every kind of token that has a price.
        $"""
        ALTER TABLE usage_counters RENAME TO former_counters;
        DROP INDEX usage_counters_key;
        CREATE TABLE usage_counters (
          key_id TEXT NOT NULL REFERENCES virtual_keys (id) ON DELETE CASCADE,
          window_start INTEGER NOT NULL,
          spend_nanos INTEGER NOT NULL DEFAULT 0,
          spend_cents INTEGER GENERATED ALWAYS AS (spend_nanos / {Money.NanosPerCent}) VIRTUAL,
          tokens INTEGER NOT NULL DEFAULT 0,
          requests INTEGER NOT NULL DEFAULT 0,
          PRIMARY KEY (window_start, key_id)) WITHOUT ROWID;
        CREATE INDEX usage_counters_key ON usage_counters (key_id);
        INSERT INTO usage_counters (key_id, window_start, spend_nanos, tokens, requests)
          SELECT key_id, window_start, {NanosOf("spend_microcents")}, tokens, requests FROM former_counters;
        DROP TABLE former_counters;

        ALTER TABLE usage_daily RENAME COLUMN spend_microcents TO spend_nanos;
        UPDATE usage_daily SET spend_nanos = {NanosOf("spend_nanos")};
        ALTER TABLE usage_daily ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE usage_daily ADD COLUMN cache_write_long INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE usage_daily ADD COLUMN audio_input INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE usage_daily ADD COLUMN audio_output INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE usage_daily ADD COLUMN image_output INTEGER NOT NULL DEFAULT 0;
        """,

        // A tree of groups. What was a label of keys becomes a group without limits.
        """
        CREATE TABLE key_groups (
          id TEXT NOT NULL PRIMARY KEY,
          name TEXT NOT NULL,
          parent_id TEXT REFERENCES key_groups (id),
          frozen INTEGER NOT NULL DEFAULT 0,
          created_at INTEGER NOT NULL,
          limits TEXT NOT NULL DEFAULT '',
          child_limits TEXT NOT NULL DEFAULT '');
        CREATE UNIQUE INDEX key_groups_name ON key_groups (ifnull(parent_id, ''), name);
        INSERT INTO key_groups (id, name, created_at)
          SELECT 'grp_' || lower(hex(randomblob(8))), key_group, min(created_at) FROM virtual_keys WHERE key_group IS NOT NULL GROUP BY key_group;
        ALTER TABLE virtual_keys ADD COLUMN group_id TEXT REFERENCES key_groups (id);
        ALTER TABLE virtual_keys ADD COLUMN limits TEXT NOT NULL DEFAULT '';
        UPDATE virtual_keys SET group_id = (SELECT key_groups.id FROM key_groups WHERE key_groups.name = key_group) WHERE key_group IS NOT NULL;
        ALTER TABLE virtual_keys DROP COLUMN key_group;
        CREATE INDEX virtual_keys_group ON virtual_keys (group_id) WHERE group_id IS NOT NULL;
        CREATE TABLE limit_counters (
          owner TEXT NOT NULL,
          limit_key TEXT NOT NULL,
          window_start INTEGER NOT NULL,
          used INTEGER NOT NULL,
          PRIMARY KEY (owner, limit_key, window_start)) WITHOUT ROWID;
        """,

        // Thresholds that were told.
        """
        CREATE TABLE limit_alerts (
          owner TEXT NOT NULL,
          limit_key TEXT NOT NULL,
          window_start INTEGER NOT NULL,
          percent INTEGER NOT NULL,
          PRIMARY KEY (owner, limit_key, window_start, percent)) WITHOUT ROWID;
        """,

        // What was asked for, and labels of requests.
        """
        ALTER TABLE usage_daily RENAME TO former_daily;
        DROP INDEX usage_daily_key;
        CREATE TABLE usage_daily (
          day INTEGER NOT NULL,
          key_id TEXT NOT NULL REFERENCES virtual_keys (id) ON DELETE CASCADE,
          model TEXT NOT NULL,
          asked TEXT NOT NULL DEFAULT '',
          labels TEXT NOT NULL DEFAULT '',
          requests INTEGER NOT NULL DEFAULT 0,
          estimated INTEGER NOT NULL DEFAULT 0,
          unpriced INTEGER NOT NULL DEFAULT 0,
          spend_nanos INTEGER NOT NULL DEFAULT 0,
          input INTEGER NOT NULL DEFAULT 0,
          cache_read INTEGER NOT NULL DEFAULT 0,
          cache_write INTEGER NOT NULL DEFAULT 0,
          cache_write_long INTEGER NOT NULL DEFAULT 0,
          output INTEGER NOT NULL DEFAULT 0,
          reasoning INTEGER NOT NULL DEFAULT 0,
          audio_input INTEGER NOT NULL DEFAULT 0,
          audio_output INTEGER NOT NULL DEFAULT 0,
          image_output INTEGER NOT NULL DEFAULT 0,
          PRIMARY KEY (day, key_id, model, asked, labels)) WITHOUT ROWID;
        CREATE INDEX usage_daily_key ON usage_daily (key_id);
        INSERT INTO usage_daily (day, key_id, model, asked, labels, requests, estimated, unpriced, spend_nanos, input, cache_read, cache_write,
            cache_write_long, output, reasoning, audio_input, audio_output, image_output)
          SELECT day, key_id, model, '', '', requests, estimated, unpriced, spend_nanos, input, cache_read, cache_write,
            cache_write_long, output, reasoning, audio_input, audio_output, image_output FROM former_daily;
        DROP TABLE former_daily;
        """,

        // Whether the receiver of a threshold has it.
        """
        ALTER TABLE limit_alerts ADD COLUMN used INTEGER NOT NULL DEFAULT 0;
        ALTER TABLE limit_alerts ADD COLUMN told INTEGER NOT NULL DEFAULT 1;
        """,
    ];

    // What has a wrong type stays as it is, to be reported when it is loaded.
    private static string NanosOf(string microCents) =>
        $"CASE WHEN typeof({microCents}) <> 'integer' THEN {microCents} WHEN {microCents} > {long.MaxValue / Money.NanosPerMicroCent} " +
            $"THEN {long.MaxValue} "
        + $"ELSE {microCents} * {Money.NanosPerMicroCent} END";

    /// <summary>
    /// The version of the schema in the file, which is not changed. Throws <see cref="InvalidDataException"/> with the end of a sentence about the
    /// file when it is another program's or newer than <see cref="Version"/>.
    /// </summary>
    public static long VersionOf(SqliteConnection connection)
    {
        long version = Number(connection, "PRAGMA user_version");
        if (version == 0 ? IsForeign(connection) : Number(connection, "PRAGMA application_id") != ApplicationId)
        {
            throw new InvalidDataException("belongs to another program; set governance.db_path to another file");
        }

        return version <= Version ? version : throw new InvalidDataException(
            $"has schema version {version} and this program knows versions up to {Version}; start the program that wrote it, or restore a backup " +
                "from before that one was first started");
    }

    /// <summary>Brings the tables from <paramref name="version"/> to <see cref="Version"/>.</summary>
    public static void Upgrade(SqliteConnection connection, long version)
    {
        for (; version < Version; version++)
        {
            connection.Execute("BEGIN IMMEDIATE");
            try
            {
                connection.Execute($"{Steps[version]} PRAGMA user_version = {version + 1}; COMMIT");
            }
            catch (SqliteException)
            {
                if (connection.IsInTransaction())
                {
                    connection.Execute("ROLLBACK");
                }

                throw;
            }
        }
    }

    // The predecessor left no mark of its own: it is known by its tables.
    private static bool IsForeign(SqliteConnection connection) =>
        Number(connection,
            "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' ESCAPE '~' AND name NOT IN ('virtual_keys', " +
            "'usage_counters')") > 0;

    private static long Number(SqliteConnection connection, string sql) => connection.Read(sql, row => row.Count(0))[0];
}
