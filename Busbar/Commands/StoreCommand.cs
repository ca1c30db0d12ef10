using System.Globalization;
using Busbar.Commands.Remote;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;
using Busbar.Governance.Store;
using Busbar.Governance.Store.Postgres;

namespace Busbar.Commands;

/// <summary><c>busbar store</c>: makes the tables of a PostgreSQL database, and moves what a file holds into it.</summary>
internal static class StoreCommand
{
    private const string Usage = "write 'busbar store copy --from sqlite --to postgres' or 'busbar store migrate'; see busbar --help";

    /// <summary>Does it, with the databases that the configuration names.</summary>
    /// <returns>0 when it is done, 1 when it failed and changed nothing, 2 for arguments that make no sense.</returns>
    public static int Run(string[] arguments, IEnvironment environment, TextWriter output, TextWriter error)
    {
        AdminArguments? parsed = AdminArguments.Parse(arguments.AsSpan(1), ["--from", "--to"], [], out string problem);
        if (parsed is { WantsHelp: true })
        {
            output.Write(HelpText.Text);
            return 0;
        }

        bool copies = parsed is { Words: ["copy"] } && (parsed.Last("--from"), parsed.Last("--to")) == ("sqlite", "postgres");
        if (parsed is null || !(copies || (parsed is { Words: ["migrate"] } && parsed.Last("--from") is null && parsed.Last("--to") is null)))
        {
            error.WriteLine($"busbar store: {(problem.Length > 0 ? problem : Usage)}");
            return 2;
        }

        var sources = ConfigSources.Choose(parsed.Last("--config"), null, null, environment);
        ConfigResult loaded = ConfigLoader.Load(sources, environment);
        if (loaded.Config is not { } config)
        {
            foreach (ConfigProblem wrong in loaded.Errors)
            {
                error.WriteLine(wrong);
            }

            return 1;
        }

        if (config.Governance.Postgres is not { Address: not null } postgres)
        {
            error.WriteLine(
                $"busbar store: {sources.ConfigFile} must name in governance.postgres.url_env a variable that is set to the address of the database");
            return 1;
        }

        try
        {
            return copies ? Copy(config.Governance, postgres, output) : Migrate(postgres, output);
        }
        catch (StoreException exception)
        {
            error.WriteLine($"busbar store: {exception.Message}");
            return 1;
        }
    }

    private static int Migrate(PostgresConfig postgres, TextWriter output)
    {
        using PostgresStore store = PostgresStore.Open(postgres, TimeProvider.System);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{store.Place} has schema version {PostgresSchema.Version}"));
        return 0;
    }

    private static int Copy(GovernanceConfig governance, PostgresConfig postgres, TextWriter output)
    {
        if (!File.Exists(governance.DbPath))
        {
            throw new StoreException($"there is no file '{governance.DbPath}'; name it in governance.db_path");
        }

        using SqliteStore from = SqliteStore.Open(governance.DbPath, TimeProvider.System);
        using PostgresStore to = PostgresStore.Open(postgres, TimeProvider.System);
        var table = new TextTable("TABLE", "ROWS", "SUM OF COUNTS AND AMOUNTS");
        foreach (CopiedTable copied in StoreCopy.Run(from, to))
        {
            table.Add(copied.Name, copied.Rows.ToString(CultureInfo.InvariantCulture), copied.Sum.ToString(CultureInfo.InvariantCulture));
        }

        table.Write(output);
        output.WriteLine(
            $"everything of '{governance.DbPath}' is in {to.Place}, the same on both sides; set governance.store to postgres and keep the file as " +
            "a backup");
        return 0;
    }
}
