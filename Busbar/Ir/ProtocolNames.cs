namespace Busbar.Ir;

/// <summary>The protocols' names as they stand in configuration, metrics and logs.</summary>
internal static class ProtocolNames
{
    /// <summary>All of them, in listing order; the index is the <see cref="ProtocolId"/>.</summary>
    public static IReadOnlyList<string> All { get; private set; } = [.. Enum.GetNames<ProtocolId>().Select(name => name.ToLowerInvariant())];

    /// <summary>Adds the name of a protocol that is not built in.</summary>
    public static void Add(string name) => All = [.. All, name];

    /// <summary>The configuration name of <paramref name="id"/>.</summary>
    public static string Name(this ProtocolId id) => All[(int)id];

    /// <summary>Finds a protocol by its exact configuration name.</summary>
    public static bool TryParse(string name, out ProtocolId id)
    {
        for (int index = 0; index < All.Count; index++)
        {
            if (All[index] == name)
            {
                id = (ProtocolId)index;
                return true;
            }
        }

        id = default;
        return false;
    }
}
