using Busbar.Configuration;
using Busbar.Configuration.Model.Store;
using Busbar.Governance.Budgets;
using Busbar.Governance.Store;

namespace Busbar.Commands;

/// <summary><c>--validate</c>: says everything that is wrong with a configuration. Binds nothing and leaves nothing behind.</summary>
internal static class ValidateCommand
{
    /// <summary>Checks a configuration.</summary>
    /// <param name="sources">The files.</param>
    /// <param name="environment">For variables.</param>
    /// <param name="output">Takes the verdict.</param>
    /// <param name="error">Takes the problems, one per line.</param>
    /// <returns>0 when a start would get as far as opening its port, else 1.</returns>
    public static int Run(ConfigSources sources, IEnvironment environment, TextWriter output, TextWriter error)
    {
        ConfigResult result = ConfigLoader.Load(sources, environment);
        foreach (ConfigProblem problem in result.Problems.Concat(result.Config is { } valid ? PriceAdvice.Problems(valid) : []))
        {
            error.WriteLine(problem);
        }

        if (result.Config is not { } config)
        {
            error.WriteLine($"{sources.ConfigFile}: {result.Errors.Count()} error(s)");
            return 1;
        }

        if (config.Governance is { Enabled: true, Store: StoreKind.Sqlite } && SqliteStore.Refusal(config.Governance.DbPath) is { } reason)
        {
            error.WriteLine($"[error] governance.db_path: {reason}");
            return 1;
        }

        output.WriteLine(
            $"{sources.ConfigFile} is valid: {config.Providers.Count} providers, {config.Models.Count} models, {config.Pools.Count} pools");
        return 0;
    }
}
