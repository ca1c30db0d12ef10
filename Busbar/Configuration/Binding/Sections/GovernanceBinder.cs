using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads the <c>governance:</c> block.</summary>
internal static class GovernanceBinder
{
    private const int MinTokenLength = 16;

    /// <summary>Reads virtual keys, prices and the admin API, and checks them against <paramref name="auth"/>.</summary>
    public static GovernanceConfig Bind(Section governance, AuthConfig auth, ConfigReport report, IEnvironment environment)
    {
        GovernanceConfig defaults = new();
        StoreKind store = governance.Choice("store", ("sqlite", StoreKind.Sqlite), ("postgres", StoreKind.Postgres)) ?? StoreKind.Sqlite;
        GovernanceConfig bound = new()
        {
            Enabled = governance.Switch("enabled") ?? false,
            Store = store,
            DbPath = governance.Filled("db_path") ?? defaults.DbPath,
            PricePerRequestCents = governance.Integer("price_per_request_cents") ?? defaults.PricePerRequestCents,
            PricePer1KTokensCents = governance.Integer("price_per_1k_tokens_cents") ?? defaults.PricePer1KTokensCents,
            AdminToken = governance.Secret("admin_token"),
            AdminReadToken = governance.Secret("admin_read_token"),
            AdminListen = governance.Filled("admin_listen"),
            AdminUi = governance.Switch("admin_ui") ?? defaults.AdminUi,
            OnStoreError = governance.Choice("on_store_error", ("open", StoreErrorMode.Open), ("closed", StoreErrorMode.Closed))
                ?? (store == StoreKind.Postgres ? StoreErrorMode.Closed : StoreErrorMode.Open),
            MasterKeyFile = governance.Filled("master_key_file"),
            MasterKeyEnv = governance.Filled("master_key_env"),
        };

        if (bound.AdminListen is { } listen && !ListenAddress.TryParse(listen, out _))
        {
            report.Error(governance.At("admin_listen"), "not an address to listen on", "write host:port, such as 127.0.0.1:8081");
        }

        if (bound.MasterKeyFile is not null && bound.MasterKeyEnv is not null)
        {
            report.Error(governance.At("master_key_env"), "both master_key_file and master_key_env are given", "keep one of them");
        }
        else if (bound.Enabled)
        {
            bound = bound with { MasterKey = ReadMasterKey(bound, governance, report, environment) };
        }

        bound = bound with { Postgres = PostgresBinder.Bind(governance.Inner("postgres", ConfigKeys.Postgres), bound, report, environment) };
        if (bound.Enabled)
        {
            CheckEnabled(bound, governance, auth, report);
        }
        else if (auth.Jwt.Count > 0)
        {
            report.Error("auth.jwt", "tokens stand for virtual keys, and governance is off", "set governance.enabled: true, or remove auth.jwt");
        }

        return bound;
    }

    // The text is never shown: it may be a key with a mistake in it.
    private static MasterKey? ReadMasterKey(GovernanceConfig bound, Section governance, ConfigReport report, IEnvironment environment)
    {
        const string Remedy = "it takes 32 random bytes as 64 hexadecimal digits or in Base64, such as openssl rand -hex 32 prints";
        if (bound.MasterKeyFile is { } file)
        {
            string path = governance.At("master_key_file");
            int before = report.Problems.Count;
            string? text = ConfigFile.Read(file, path, Remedy, report);
            MasterKey? key = text is null ? null : MasterKey.Parse(text);
            if (key is null && report.Problems.Count == before)
            {
                report.Error(path, $"the file '{file}' holds no master key", Remedy);
            }

            return key;
        }

        if (bound.MasterKeyEnv is { } variable)
        {
            string path = governance.At("master_key_env");
            report.Conceal(path);
            MasterKey? key = MasterKey.Parse(environment.Get(variable));
            if (key is null)
            {
                report.Error(path, environment.Get(variable) is null ? "the variable that it names is not set"
                    : "the variable that it names holds no master key", Remedy);
            }

            return key;
        }

        return null;
    }

    // A value that could not be read is reported already.
    private static void CheckLength(Secret? token, string path, ConfigReport report)
    {
        if (token is not null && token.Reveal().Trim().Length < MinTokenLength)
        {
            report.Error(path, $"has fewer than {MinTokenLength} characters, so it could be guessed", "make one with openssl rand -hex 32");
        }
    }

    private static void CheckEnabled(GovernanceConfig bound, Section governance, AuthConfig auth, ConfigReport report)
    {
        if (bound.AdminToken is { IsBlank: true } || !governance.Has("admin_token"))
        {
            report.Error(governance.At("admin_token"), "governance needs an admin token, or nobody could create keys",
                "set it, for instance to ${BUSBAR_ADMIN_TOKEN}");
        }

        else
        {
            CheckLength(bound.AdminToken, governance.At("admin_token"), report);
        }

        if (bound.AdminReadToken is { IsBlank: true })
        {
            report.Error(governance.At("admin_read_token"), "must not be blank", "leave it out if reading needs no token of its own");
        }
        else if (bound.AdminReadToken is { } read && read.Reveal() == bound.AdminToken?.Reveal())
        {
            report.Error(governance.At("admin_read_token"), "is the same as admin_token, so it would open everything", "choose another one");
        }
        else
        {
            CheckLength(bound.AdminReadToken, governance.At("admin_read_token"), report);
        }

        if (auth is { Mode: AuthMode.None, IsExplicit: true } || auth.ClientTokens.Count > 0)
        {
            report.Warn(
                governance.At("enabled"),
                auth.ClientTokens.Count > 0 ? "callers need a virtual key; client_tokens has no effect"
                    : "callers need a virtual key, although auth mode is 'none'");
        }
    }
}
