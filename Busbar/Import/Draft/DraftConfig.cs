using Busbar.Configuration.Yaml;

namespace Busbar.Import.Draft;

/// <summary>The configuration that an import writes, before it is text.</summary>
internal sealed class DraftConfig
{
    private readonly Dictionary<string, DraftProvider> _providers = [];

    /// <summary><c>listen</c>.</summary>
    public string Listen { get; set; } = "0.0.0.0:8080";

    /// <summary>Providers by name.</summary>
    public IReadOnlyDictionary<string, DraftProvider> Providers => _providers;

    /// <summary>Models, in order.</summary>
    public List<DraftModel> Models { get; } = [];

    /// <summary>Pools, in order.</summary>
    public List<DraftPool> Pools { get; } = [];

    /// <summary>Entries of <c>limits</c>.</summary>
    public Dictionary<string, long> Limits { get; } = [];

    /// <summary><c>governance.admin_token</c>; null for no governance.</summary>
    public string? AdminToken { get; set; }

    /// <summary>Whether log lines are JSON.</summary>
    public bool LogsJson { get; set; }

    /// <summary>The interval of active health checks of all providers, seconds; null for none.</summary>
    public int? HealthInterval { get; set; }

    /// <summary>
    /// Takes a provider in, and gives the name of the one that has all that this one has: an earlier one, or this one under the next free name.
    /// </summary>
    public string Add(DraftProvider provider)
    {
        string name = provider.Name;
        for (int number = 2; _providers.TryGetValue(name, out DraftProvider? other) && other with { Name = provider.Name } != provider; number++)
        {
            name = $"{provider.Name}-{number}";
        }

        _providers[name] = provider with { Name = name };
        return name;
    }

    /// <summary>
    /// Gives providers that are called like a pool another name, since clients know the pool's. What a row of the catalog says is written for those
    /// that do not have its name.
    /// </summary>
    /// <param name="catalog">Rows of the catalog by name.</param>
    public void SettleNames(IReadOnlyDictionary<string, YamlNode> catalog)
    {
        foreach (DraftProvider provider in _providers.Values.ToArray())
        {
            string name = provider.Name;
            while (Pools.Exists(pool => pool.Name == name) || (name != provider.Name && _providers.ContainsKey(name)))
            {
                name += "-api";
            }

            _providers.Remove(provider.Name);
            _providers[name] = name == provider.Listed ? provider : Full(provider with { Name = name }, catalog);
            for (int index = 0; index < Models.Count && name != provider.Name; index++)
            {
                Models[index] = Models[index].Provider == provider.Name ? Models[index] with { Provider = name } : Models[index];
            }
        }
    }

    private static DraftProvider Full(DraftProvider provider, IReadOnlyDictionary<string, YamlNode> catalog)
    {
        YamlMap? row = provider.Listed is null ? null : catalog.GetValueOrDefault(provider.Listed) as YamlMap;
        string? Said(string key) => row?.Entries.Find(entry => entry.Key.Value == key).Value is YamlText text ? text.Value : null;
        return provider with
        {
            Protocol = provider.Protocol ?? Said("protocol"),
            BaseUrl = provider.BaseUrl ?? Said("base_url"),
            Path = provider.BaseUrl is null ? provider.Path ?? Said("path") : provider.Path,
            Auth = provider.Auth ?? Said("auth"),
        };
    }

    /// <summary><paramref name="name"/>, or with a number behind it where a model or pool has it.</summary>
    public string FreeName(string name)
    {
        string free = name;
        for (int number = 2; Models.Exists(model => model.Name == free) || Pools.Exists(pool => pool.Name == free); number++)
        {
            free = $"{name}-{number}";
        }

        return free;
    }
}
