using Busbar.Configuration;
using Busbar.Configuration.Binding;
using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Yaml;

namespace Busbar.Commands;

/// <summary>Prints the catalog, one provider per line.</summary>
internal static class ProvidersCommand
{
    /// <summary>Prints name, protocol and address of every row.</summary>
    /// <returns>0, or 1 when the catalog cannot be read.</returns>
    public static int Run(ConfigSources sources, IEnvironment environment, TextWriter output, TextWriter error)
    {
        ConfigReport report = new();
        if (ConfigLoader.ReadCatalog(sources, report) is { } catalog)
        {
            int width = catalog.Keys.Select(name => name.Length).DefaultIfEmpty().Max();
            foreach ((string name, YamlNode node) in catalog)
            {
                Section row = new(node, $"providers.{name}", ConfigKeys.CatalogProvider, report, environment);
                string address = (row.Text("base_url") ?? "").TrimEnd('/');
                output.WriteLine($"{name.PadRight(width)}  {row.Text("protocol") ?? "anthropic",-9}  {SinkGuard.Mask(address)}{row.Text("path")}");
            }
        }

        foreach (ConfigProblem problem in report.Problems)
        {
            error.WriteLine(problem);
        }

        return report.Problems.Count == 0 ? 0 : 1;
    }
}
