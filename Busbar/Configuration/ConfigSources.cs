namespace Busbar.Configuration;

/// <summary>The files a configuration is read from.</summary>
/// <param name="ConfigFile">The deployment file.</param>
/// <param name="CatalogFile">The provider catalog; null for the one inside the binary.</param>
/// <param name="PriceFile">The price list; null for the one inside the binary.</param>
internal sealed record ConfigSources(string ConfigFile, string? CatalogFile, string? PriceFile = null)
{
    /// <summary>Variable that names the deployment file.</summary>
    public const string ConfigVariable = "BUSBAR_CONFIG";

    /// <summary>Variable that names a catalog file.</summary>
    public const string CatalogVariable = "BUSBAR_PROVIDERS";

    /// <summary>Variable that names a price list.</summary>
    public const string PriceVariable = "BUSBAR_PRICES";

    /// <summary>The deployment file when neither flag nor variable names one.</summary>
    public const string DefaultConfigFile = "/etc/busbar/config.yaml";

    /// <summary>Chooses the files: a flag wins over its variable, the variable over the default. A blank variable counts as unset.</summary>
    /// <param name="configFlag">Value of <c>--config</c>; null when absent.</param>
    /// <param name="catalogFlag">Value of <c>--providers</c>; null when absent.</param>
    /// <param name="priceFlag">Value of <c>--prices</c>; null when absent.</param>
    /// <param name="environment">Where the variables are looked up.</param>
    public static ConfigSources Choose(string? configFlag, string? catalogFlag, string? priceFlag, IEnvironment environment) => new(
        configFlag ?? Filled(environment.Get(ConfigVariable)) ?? DefaultConfigFile,
        catalogFlag ?? Filled(environment.Get(CatalogVariable)),
        priceFlag ?? Filled(environment.Get(PriceVariable)));

    private static string? Filled(string? value) => string.IsNullOrWhiteSpace(value) ? null : value;
}
