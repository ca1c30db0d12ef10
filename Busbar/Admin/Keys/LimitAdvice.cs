using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Reliability;

namespace Busbar.Admin.Keys;

/// <summary>Limits that name pools or models which are gone since they were made, by the configuration in force.</summary>
internal static class LimitAdvice
{
    // One pool may be in the limits of a hundred thousand keys.
    private const int MaxLines = 20;

    /// <summary>A sentence for each name that is gone, with the first owner and the number of those that share it; at most some.</summary>
    public static IEnumerable<string> OfAll(IEnumerable<GroupNode> groups, IEnumerable<KeyEntry> keys, Fleet fleet)
    {
        var shared = new Dictionary<string, (string First, int Count)>(StringComparer.Ordinal);
        foreach ((string owner, IReadOnlyList<Limit> limits) in groups.Select(node => ($"group {node.Group.Id}", node.Group.Limits))
            .Concat(keys.Where(entry => entry.Key.Limits.Count > 0).Select(entry => ($"key {entry.Key.Id}", entry.Key.Limits))))
        {
            foreach (Limit limit in limits)
            {
                if (limit.Scope is { } pool && fleet.Resolve(pool) is null)
                {
                    Add($"has a limit for '{pool}', which is no pool and no model of the configuration in force: it holds nobody");
                }

                if (limit.Downgrade is { } cheaper && fleet.Resolve(cheaper) is null)
                {
                    Add($"has a limit that goes to '{cheaper}', which is no pool and no model of the configuration in force: requests beyond it " +
                        "are refused instead");
                }
            }

            void Add(string advice) => shared[advice] = shared.TryGetValue(advice, out (string First, int Count) known)
                ? known with { Count = known.Count + 1 } : (owner, 1);
        }

        return shared.Take(MaxLines).Select(each => each.Value.Count == 1 ? $"{each.Value.First} {each.Key}"
            : $"{each.Value.First}, like {each.Value.Count - 1} more, {each.Key}");
    }
}
