using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads the <c>governance.postgres:</c> block and the variable that it names.</summary>
internal static class PostgresBinder
{
    private const string Remedy = "it takes postgres://user:password@host:5432/database?sslmode=verify-full";

    /// <summary>Reads it; what the variable holds is checked only where <paramref name="governance"/> uses it, and is never shown.</summary>
    public static PostgresConfig? Bind(Section postgres, GovernanceConfig governance, ConfigReport report, IEnvironment environment)
    {
        bool isUsed = governance is { Enabled: true, Store: StoreKind.Postgres };
        string path = postgres.At("url_env");
        if (postgres.Filled("url_env") is not { } variable)
        {
            if (isUsed && !postgres.Has("url_env"))
            {
                report.Error(path, "governance.store is postgres, and no variable with its address is named", $"name one here; {Remedy}");
            }

            return null;
        }

        if (!variable.All(character => char.IsAsciiLetterOrDigit(character) || character == '_'))
        {
            // Most likely the address itself, with its password.
            report.Conceal(path);
            report.Error(path, "is no name of a variable", $"name the variable that holds the address; {Remedy}");
            return null;
        }

        string? url = environment.Get(variable);
        string problem = "";
        PostgresAddress? address = url is null ? null : PostgresAddress.Parse(url, out problem);
        if (isUsed && address is null)
        {
            report.Error(path, url is null ? $"the variable {variable} is not set"
                : $"the variable {variable} holds no address of a database: {problem}", Remedy);
        }

        return new PostgresConfig { UrlEnv = variable, Address = address };
    }
}
