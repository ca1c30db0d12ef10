using Busbar.Configuration.Model;

namespace Busbar.Configuration;

/// <summary>Settings that a running process cannot change. A reload says so instead of passing over them in silence.</summary>
internal static class RestartOnly
{
    /// <summary>
    /// What of <paramref name="next"/> differs from <paramref name="inForce"/> and waits for a restart: a warning each. Whether governance is on is an error, since
    /// half of it would be worse than either.
    /// </summary>
    public static IEnumerable<ConfigProblem> Problems(GatewayConfig inForce, GatewayConfig next)
    {
        (GovernanceConfig was, GovernanceConfig will) = (inForce.Governance, next.Governance);
        if (was.Enabled != will.Enabled)
        {
            yield return Problem(next, "governance.enabled", ProblemSeverity.Error, "governance cannot be switched on or off by a reload");
        }

        foreach ((string path, bool differs) in (IEnumerable<(string, bool)>)
            [
                ("listen", !inForce.Listeners.SequenceEqual(next.Listeners)),
                ("reuse_port", inForce.ReusePort != next.ReusePort),
                ("control_socket", inForce.ControlSocket != next.ControlSocket),
                ("tls", inForce.Tls is null != next.Tls is null),
                ("governance.db_path", was.DbPath != will.DbPath),
                ("governance.admin_listen", was.AdminListen != will.AdminListen),
                ("governance.master_key_file", !SameKey(was.MasterKey, will.MasterKey)),
            ])
        {
            if (differs)
            {
                yield return Problem(next, path, ProblemSeverity.Warning, "the change waits for a restart; the former value stays in force");
            }
        }
    }

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
