namespace Busbar.Configuration.Binding;

/// <summary>Checks what things may be called.</summary>
internal static class NameRules
{
    private static readonly string[] Reserved = ["admin", "v1", "v1beta", "v2", "model", "stats", "metrics", "healthz", "livez"];

    /// <summary>Checks the name of a model, pool or provider by itself: it becomes part of URLs, whose first segment must stay unambiguous.</summary>
    public static void Check(string name, string path, string kind, ConfigReport report)
    {
        string first = name.Split('/')[0];
        if (string.IsNullOrWhiteSpace(name) || name.Trim().Length != name.Length || name.AsSpan().ContainsAny(ControlCharacters.All))
        {
            report.Error(path, $"the name of a {kind} must not be blank, begin or end with white space, or contain control characters");
        }
        else if (first.Length == 0)
        {
            report.Error(path, $"the name of a {kind} must not begin with '/'");
        }
        else if (Reserved.Contains(first))
        {
            report.Error(path, $"the {kind} name '{name}' is reserved: paths that begin with /{first} have a meaning of their own",
                "choose another name");
        }
    }

    /// <summary>Checks that no pool is named like a model or a provider.</summary>
    public static void CheckPools(IEnumerable<string> pools, IReadOnlyCollection<string> models, IReadOnlyCollection<string> providers,
        ConfigReport report)
    {
        foreach (string pool in pools)
        {
            string? other = models.Contains(pool) ? "model" : providers.Contains(pool) ? "provider" : null;
            if (other is not null)
            {
                report.Error($"pools.{pool}", $"the pool '{pool}' has the name of a {other}", "choose another name for one of them");
            }
        }
    }
}
