using Busbar.Configuration.Model;

namespace Busbar.Configuration;

/// <summary>What loading a configuration came to.</summary>
internal sealed class ConfigResult
{
    /// <summary>Takes the outcome of a load. The configuration is kept only when no problem is an error.</summary>
    public ConfigResult(GatewayConfig? config, IReadOnlyList<ConfigProblem> problems)
    {
        Problems = problems;
        Config = problems.Any(problem => problem.Severity == ProblemSeverity.Error) ? null : config;
    }

    /// <summary>The configuration; null when there are errors.</summary>
    public GatewayConfig? Config { get; }

    /// <summary>Everything found in one run, in the order of discovery.</summary>
    public IReadOnlyList<ConfigProblem> Problems { get; }

    /// <summary>The problems that keep the gateway from starting.</summary>
    public IEnumerable<ConfigProblem> Errors => Problems.Where(problem => problem.Severity == ProblemSeverity.Error);

    /// <summary>The problems that do not.</summary>
    public IEnumerable<ConfigProblem> Warnings => Problems.Where(problem => problem.Severity == ProblemSeverity.Warning);
}
