using System.Collections.Concurrent;
using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Binding.Sections;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Prices;
using Busbar.Configuration.Model.Providers;
using Busbar.Configuration.Yaml;
using Busbar.Ir;

namespace Busbar.Configuration.Binding;

/// <summary>The price list. A start reads only the rows that it needs.</summary>
internal sealed class PriceCatalog
{
    private const string Bedrock = "bedrock";

    private static readonly ConcurrentDictionary<string, YamlNode?> BuiltIn = new(StringComparer.Ordinal);

    private readonly Func<string, YamlNode?> _blocks;
    private readonly IReadOnlyList<string> _names;
    private readonly ConfigReport _report;
    private readonly IEnvironment _environment;

    private PriceCatalog(Func<string, YamlNode?> blocks, IReadOnlyList<string> names, ConfigReport report, IEnvironment environment)
    {
        _blocks = blocks;
        _names = names;
        _report = report;
        _environment = environment;
    }

    /// <summary>
    /// Reads the list of <paramref name="sources"/>. What is wrong with it goes to <paramref name="report"/>, whether or not anybody asks for that
    /// row.
    /// </summary>
    public static PriceCatalog Open(ConfigSources sources, ConfigReport report, IEnvironment environment)
    {
        // Its places are none of the deployment's.
        ConfigReport own = new();
        if (sources.PriceFile is not { } file)
        {
            IReadOnlyDictionary<string, string> texts = ConfigFile.BuiltInPriceBlocks;
            return new PriceCatalog(
                name => texts.TryGetValue(name, out string? text) ? BuiltIn.GetOrAdd(name, _ => ConfigFile.ReadBuiltInPrices(name, text, own)) : null,
                [.. texts.Keys],
                own,
                environment);
        }

        YamlNode? root = ConfigFile.ReadYaml(file, $"name another with --prices FILE or the variable {ConfigSources.PriceVariable}", own);
        var blocks = new Dictionary<string, YamlNode>(StringComparer.Ordinal);
        switch (root)
        {
            case YamlMap map:
                foreach ((YamlText name, YamlNode block) in map.Entries)
                {
                    blocks[name.Value] = block;
                }

                break;
            case null or YamlText { IsNull: true }:
                break;
            default:
                own.Error("", root.Location, "the price list must be a mapping of provider names");
                break;
        }

        PriceCatalog catalog = new(blocks.GetValueOrDefault, [.. blocks.Keys], own, environment);
        _ = catalog.All.Count();
        report.AddProblemsOf(own);
        return catalog;
    }

    /// <summary>What is wrong with the rows that were read.</summary>
    public IReadOnlyList<ConfigProblem> Problems => _report.Problems;

    /// <summary>Every row, in the order of the list.</summary>
    public IEnumerable<ListedModel> All => _names.SelectMany(name => Rows(name).Select(row => Bind(name, row.Name, row.Path, row.Row)));

    /// <summary>
    /// The row of what <paramref name="provider"/> calls <paramref name="model"/>; null when there is none. Its block is the one with the provider's
    /// name, else that of a provider of <paramref name="catalog"/> with the same address. A dated snapshot without a row is listed as the model
    /// without the date.
    /// </summary>
    public ListedModel? Find(ProviderConfig provider, string model, IReadOnlyDictionary<string, YamlNode> catalog)
    {
        if (BlockOf(provider, catalog) is not { } block)
        {
            return null;
        }

        string undated = Undated(model);
        (string Name, string Path, YamlNode Row)? near = null;
        foreach ((string Name, string Path, YamlNode Row) row in Rows(block))
        {
            if (row.Name == model)
            {
                return Bind(block, row.Name, row.Path, row.Row);
            }

            near = row.Name == undated ? row : near;
        }

        return near is { } found ? Bind(block, found.Name, found.Path, found.Row) : null;
    }

    private string? BlockOf(ProviderConfig provider, IReadOnlyDictionary<string, YamlNode> catalog)
    {
        if (_names.Contains(provider.Name))
        {
            return provider.Name;
        }

        ReadOnlySpan<char> host = HostOf(provider.BaseUrl);
        if (provider.Protocol == ProtocolId.Bedrock || provider.Platform == Platform.BedrockInvoke)
        {
            return host.EndsWith(".amazonaws.com", StringComparison.OrdinalIgnoreCase) && _names.Contains(Bedrock) ? Bedrock : null;
        }

        foreach (string name in _names)
        {
            if (catalog.GetValueOrDefault(name) is YamlMap row && row.Entries.Find(entry => entry.Key.Value == "base_url").Value is YamlText address
                && host.Equals(HostOf(address.Value), StringComparison.OrdinalIgnoreCase))
            {
                return name;
            }
        }

        return null;
    }

    private static ReadOnlySpan<char> HostOf(string url) => UrlParts.TryCut(url, out UrlParts parts) ? parts.Host : default;

    // -2026-01-31, -20260131 or @20260131.
    private static string Undated(string model)
    {
        const int Compact = 8;
        const int Dashed = 10;
        int end = model.Length;
        if (end > Dashed + 1 && model[end - Dashed - 1] == '-' && model[end - 3] == '-' && model[end - 6] == '-'
            && model.AsSpan(end - 2).IndexOfAnyExceptInRange('0', '9') < 0
            && model.AsSpan(end - 5, 2).IndexOfAnyExceptInRange('0', '9') < 0 && model.AsSpan(end - Dashed, 4).IndexOfAnyExceptInRange('0', '9') < 0)
        {
            return model[..(end - Dashed - 1)];
        }

        return end > Compact + 1 && model[end - Compact - 1] is '-' or '@' && model.AsSpan(end - Compact).IndexOfAnyExceptInRange('0', '9') < 0
            ? model[..(end - Compact - 1)] : model;
    }

    private IEnumerable<(string Name, string Path, YamlNode Row)> Rows(string block) => new Section(
        _blocks(block), $"prices.{block}", ConfigKeys.PriceBlock, _report, _environment).Named("models");

    private ListedModel Bind(string block, string name, string path, YamlNode node)
    {
        Section around = new(_blocks(block), $"prices.{block}", ConfigKeys.PriceBlock, new ConfigReport(), _environment);
        Section row = new(node, path, ConfigKeys.PriceRow, _report, _environment);
        string source = row.Filled("source") ?? around.Filled("source") ?? "";
        string date = row.Filled("date") ?? around.Filled("date") ?? "";
        if (source.Length == 0 || !DateOnly.TryParseExact(date, "yyyy-MM-dd", out _))
        {
            _report.Error(path, "a row needs a source and a date such as 2026-01-31, its own or its provider's");
        }

        RateCardConfig? card = RateCardBinder.Bind(row, ConfigKeys.RateStep, ConfigKeys.RateTier, _report, _environment);
        if (card is null)
        {
            _report.Error(path, "a row needs prices", "give at least input and output");
        }

        return new ListedModel
        {
            Provider = block,
            Name = name,
            Card = (card ?? RateCardConfig.Of(default)) with { Source = source },
            Source = source,
            Date = date,
            Context = row.Integer("context"),
            OutputMax = row.Integer("output_max"),
        };
    }
}
