using System.Globalization;
using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;

namespace Busbar.Configuration;

/// <summary>Settings that a running process cannot change. A reload says so instead of passing over them in silence.</summary>
internal static class RestartOnly
{
    private const string Waits = "the change waits for a restart; the former value stays in force";

    /// <summary>Whether <paramref name="problem"/> is one of <see cref="Problems"/>.</summary>
    public static bool IsSaidBy(ConfigProblem problem) => problem.Message == Waits;

    /// <summary>
    /// What of <paramref name="next"/> differs from <paramref name="inForce"/> and waits for a restart: a warning each. Whether governance is on is
    /// an error, since half of it would be worse than either.
    /// </summary>
    public static IEnumerable<ConfigProblem> Problems(GatewayConfig inForce, GatewayConfig next)
    {
        (GovernanceConfig was, GovernanceConfig will) = (inForce.Governance, next.Governance);
        if (was.Enabled != will.Enabled)
        {
            yield return Problem(next, "governance.enabled", ProblemSeverity.Error, "governance cannot be switched on or off by a reload");
        }

        IEnumerable<(string Path, bool Differs)> changes =
        [
            .. ConfigKeys.All.SelectMany(block => block.Entries.Where(key => key.NeedsRestart).Select(key => block.At(key)))
                .Select(path => (path, !Same(inForce, next, path))),
            ("tls", inForce.Tls is null != next.Tls is null),
            ("governance.master_key_file", !SameKey(was.MasterKey, will.MasterKey)),
        ];
        foreach ((string path, _) in changes.Where(change => change.Differs))
        {
            yield return Problem(next, path, ProblemSeverity.Warning, Waits);
        }
    }

    private static bool Same(GatewayConfig left, GatewayConfig right, string path) => TextOf(left, path) == TextOf(right, path);

    private static string TextOf(GatewayConfig config, string path) =>
        EffectiveConfig.Values(config).First(entry => entry.Path == path).Value is var value && value is IEnumerable<string> texts
            ? string.Join(' ', texts)
            : Convert.ToString(value, CultureInfo.InvariantCulture) ?? "";

    private static bool SameKey(MasterKey? left, MasterKey? right) =>
        left is null ? right is null : right is not null && left.Reveal().SequenceEqual(right.Reveal());

    private static ConfigProblem Problem(GatewayConfig config, string path, ProblemSeverity severity, string message) => new()
    {
        Severity = severity,
        Path = path,
        Location = config.Origins.Find(path)?.Location,
        Message = message,
        Remedy = severity == ProblemSeverity.Error ? "restart the process" : null,
    };
}
