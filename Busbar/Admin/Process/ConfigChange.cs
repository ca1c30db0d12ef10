using System.Globalization;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Admin.Process;

/// <summary>A value in which two configurations differ. A secret is only said to be present, absent or another one.</summary>
/// <param name="Path">Where it stands.</param>
/// <param name="Kind"><c>added</c>, <c>removed</c> or <c>changed</c>.</param>
/// <param name="Before">What it was; null where there was none.</param>
/// <param name="After">What it will be; null where there will be none.</param>
internal sealed record ConfigChange(string Path, string Kind, string? Before, string? After)
{
    /// <summary>The differences, in the order of <paramref name="next"/>, with what is removed at the end.</summary>
    public static IReadOnlyList<ConfigChange> Between(GatewayConfig inForce, GatewayConfig next)
    {
        Dictionary<string, string?> before = Texts(inForce);
        Dictionary<string, string?> after = Texts(next);
        HashSet<string> secrets = [.. OtherSecrets(inForce, next)];
        List<ConfigChange> changes = [];
        foreach ((string path, string? value) in after)
        {
            if (!before.TryGetValue(path, out string? former))
            {
                changes.Add(new ConfigChange(path, "added", null, value));
            }
            else if (former != value)
            {
                changes.Add(new ConfigChange(path, "changed", former, value));
            }
            else if (secrets.Contains(path))
            {
                changes.Add(new ConfigChange(path, "changed", value, "another secret"));
            }
        }

        changes.AddRange(before.Where(entry => !after.ContainsKey(entry.Key))
            .Select(entry => new ConfigChange(entry.Key, "removed", entry.Value, null)));
        return changes;
    }

    /// <summary>Whether <paramref name="loaded"/> says that it waits for a restart.</summary>
    public bool WaitsForRestart(ConfigResult loaded) => loaded.Problems.Any(problem => problem.Path == Path && RestartOnly.IsSaidBy(problem));

    private static Dictionary<string, string?> Texts(GatewayConfig config)
    {
        Dictionary<string, string?> texts = new(StringComparer.Ordinal);
        foreach ((string path, object? value) in EffectiveConfig.Values(config))
        {
            texts[path] = value switch
            {
                null => null,
                SecretPresence presence => presence == SecretPresence.Present ? "present" : "absent",
                bool flag => flag ? "true" : "false",
                string text => text,
                IEnumerable<string> list => string.Join(", ", list),
                _ => Convert.ToString(value, CultureInfo.InvariantCulture),
            };
        }

        return texts;
    }

    private static IEnumerable<string> OtherSecrets(GatewayConfig inForce, GatewayConfig next)
    {
        foreach (ProviderConfig provider in next.Providers.Values)
        {
            if (inForce.Providers.TryGetValue(provider.Name, out ProviderConfig? former) && !Same(former.ApiKeys, provider.ApiKeys))
            {
                yield return $"providers.{provider.Name}.api_key";
            }
        }

        (GovernanceConfig was, GovernanceConfig will) = (inForce.Governance, next.Governance);
        if (!Same(inForce.Auth.ClientTokens, next.Auth.ClientTokens))
        {
            yield return "auth.client_tokens";
        }

        if (was.AdminToken?.Reveal() != will.AdminToken?.Reveal())
        {
            yield return "governance.admin_token";
        }

        if (was.AdminReadToken?.Reveal() != will.AdminReadToken?.Reveal())
        {
            yield return "governance.admin_read_token";
        }
    }

    private static bool Same(IReadOnlyList<Secret> left, IReadOnlyList<Secret> right) =>
        left.Select(secret => secret.Reveal()).SequenceEqual(right.Select(secret => secret.Reveal()));
}
