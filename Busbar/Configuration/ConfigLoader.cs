using Busbar.Configuration.Binding;
using Busbar.Configuration.Model;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration;

/// <summary>Makes a validated configuration from a deployment file and the provider catalog.</summary>
internal static class ConfigLoader
{
    /// <summary>
    /// Reads, merges and checks. Never throws for what stands in a file, and reports everything that is wrong in one run, but for a file that cannot
    /// be read as YAML, of which only the first mistake is known.
    /// </summary>
    public static ConfigResult Load(ConfigSources sources, IEnvironment environment)
    {
        ConfigReport report = new();
        Dictionary<string, YamlNode>? catalog = ReadCatalog(sources, report);
        YamlNode? root = ConfigFile.ReadYaml(
            sources.ConfigFile, $"name another with --config FILE or the variable {ConfigSources.ConfigVariable}", report);
        return Bind(root, sources, catalog, report, environment);
    }

    /// <summary>As <see cref="Load"/>, from the text of a deployment file, over the catalog inside the binary.</summary>
    /// <param name="text">The YAML.</param>
    /// <param name="name">What stands for the file's name in messages.</param>
    /// <param name="environment">For variables.</param>
    public static ConfigResult LoadText(string text, string name, IEnvironment environment)
    {
        ConfigReport report = new();
        var sources = new ConfigSources(name, null);
        return Bind(YamlReader.Read(text, name, report), sources, ReadCatalog(sources, report), report, environment);
    }

    /// <summary>The rows of the catalog by name; null after reporting why there is none.</summary>
    public static Dictionary<string, YamlNode>? ReadCatalog(ConfigSources sources, ConfigReport report)
    {
        int before = report.Problems.Count;
        YamlNode? root = sources.CatalogFile is null
            ? ConfigFile.ReadBuiltInCatalog(report)
            : ConfigFile.ReadYaml(sources.CatalogFile, $"name another with --providers FILE or the variable {ConfigSources.CatalogVariable}", report);
        switch (root)
        {
            case YamlMap map:
                return map.Entries.ToDictionary(entry => entry.Key.Value, entry => entry.Value);
            case null or YamlText { IsNull: true }:
                return report.Problems.Count > before ? null : [];
            default:
                report.Error("", root.Location, "the catalog must be a mapping of provider names");
                return null;
        }
    }

    private static ConfigResult Bind(YamlNode? root, ConfigSources sources, Dictionary<string, YamlNode>? catalog, ConfigReport report,
        IEnvironment environment)
    {
        if (root is YamlText { IsNull: true } || (root is null && report.Problems.Count == 0))
        {
            report.Error("", new SourceLocation(sources.ConfigFile, 0, 0), "the file is empty", "it needs at least providers and models");
            return new ConfigResult(null, report.Problems);
        }

        if (root is null || catalog is null)
        {
            return new ConfigResult(null, report.Problems);
        }

        PriceCatalog prices = PriceCatalog.Open(sources, report, environment);
        GatewayConfig config = new Binder(catalog, prices, report, environment).Bind(root, sources.ConfigFile) with { Origins = report.Origins() };
        return new ConfigResult(config, report.Problems);
    }
}
