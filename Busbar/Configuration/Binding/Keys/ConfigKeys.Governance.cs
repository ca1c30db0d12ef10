namespace Busbar.Configuration.Binding.Keys;

internal static partial class ConfigKeys
{
    /// <summary>How the PostgreSQL database is reached.</summary>
    public static readonly KeySet Postgres = new(
        "governance.postgres",
        new ConfigKey("url_env", KeyKind.Text, "Name of the variable that holds the address and the password")
        {
            NeedsRestart = true,
            Default = "required",
            Range = "the variable holds `postgres://user:password@host:port/database?sslmode=verify-full`; see [fleet.md](fleet.md#the-address)",
        });

    /// <summary>Virtual keys and budgets.</summary>
    public static readonly KeySet Governance = new(
        "governance",
        new("enabled", KeyKind.Switch, "Callers need virtual keys")
        {
            Default = "`false`",
            Range = "needs `admin_token`; in auth mode `passthrough` they are shown in `x-busbar-key`",
        },
        new("store", KeyKind.Word, "Where keys and usage are kept")
        {
            NeedsRestart = true,
            Words = ["sqlite", "postgres"],
            Default = "`sqlite`",
            Range = "`sqlite`: a file, for one process; `postgres`: a database that any number of processes share, see [fleet.md](fleet.md)",
        },
        new("postgres", KeyKind.Text, "The PostgreSQL database")
        {
            Block = Postgres,
            Default = "none",
            Range = "block; needed for `store: postgres`",
        },
        new("db_path", KeyKind.Text, "Database file of SQLite, see [database.md](database.md)")
        {
            NeedsRestart = true,
            Default = "`busbar-governance.db`",
            Range = "its directory must be writable, on a local disk; one process a file",
        },
        new("price_per_request_cents", KeyKind.Integer, "Fee of one successful request, whole cents")
        {
            Min = 0,
            Max = int.MaxValue,
            Default = "0",
            Range = "0 to 2147483647",
        },
        new("price_per_1k_tokens_cents", KeyKind.Integer, "Price of a thousand tokens, whole cents")
        {
            Min = 0,
            Max = int.MaxValue,
            Default = "0",
            Range = "0 to 2147483647; a rate card of the model takes precedence",
        },
        new("admin_token", KeyKind.Text, "Opens the admin API")
        {
            Default = "required when enabled",
            Range = "at least 16 characters",
        },
        new("admin_read_token", KeyKind.Text, "Opens the reading half of the admin API")
        {
            Default = "none",
            Range = "at least 16 characters; not the same as `admin_token`",
        },
        new("admin_listen", KeyKind.Text, "Own address of the admin API")
        {
            NeedsRestart = true,
            Default = "the port for clients",
            Range = "as `listen`",
        },
        new("admin_ui", KeyKind.Switch, "Serve the [page for people](dashboard.md) at `/admin/ui`")
        {
            Default = "`true`",
        },
        new("on_store_error", KeyKind.Word, "What happens to keys with limits when the database does not tell what is used up")
        {
            Words = ["open", "closed"],
            Default = "`open`; with `store: postgres` `closed`",
            Range = "SQLite, a budget window that cannot be read at start: `open` starts it at zero, with a warning, `closed` blocks the key until " +
                "a start can read it; "
                + "PostgreSQL, no answer, and what the node has borrowed is used up: `open` serves, `closed` answers 503, see " +
                    "[fleet.md](fleet.md#when-the-database-is-away)",
        },
        new("master_key_file", KeyKind.Text, "File with the key that encrypts stored access-key secrets")
        {
            Default = "none",
            Range = "32 bytes as 64 hexadecimal digits or in Base64; not together with `master_key_env`",
        },
        new("master_key_env", KeyKind.Text, "Name of the variable with that key")
        {
            Default = "none",
            Range = "likewise; not together with `master_key_file`",
        });
}
