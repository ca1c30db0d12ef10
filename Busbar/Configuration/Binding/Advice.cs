using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Configuration.Binding;

/// <summary>Warns of settings that work but are rarely meant.</summary>
internal static class Advice
{
    /// <summary>Adds the warnings that need the whole configuration.</summary>
    public static void Add(GatewayConfig config, ConfigReport report)
    {
        foreach (ProviderConfig provider in config.Providers.Values)
        {
            AddKeys(provider, config.Auth.Mode == AuthMode.Passthrough, report);
        }

        if (StartupSummary.OpenRelayBanner(config) is { } banner)
        {
            report.Warn("auth", banner);
        }
    }

    // No vendor's keys have quotes; what puts them there is a shell's habit in a file that no shell reads.
    private static bool IsQuoted(string key) => key.Length > 1 && key[0] is '"' or '\'' && key[^1] == key[0];

    private static void AddKeys(ProviderConfig provider, bool isPassthrough, ConfigReport report)
    {
        string path = $"providers.{provider.Name}.api_key_{(provider.ApiKeyFile is null ? "env" : "file")}";
        if (isPassthrough)
        {
            if (provider.ApiKeys.Any(key => !key.IsBlank))
            {
                report.Warn(path,
                    $"the provider '{provider.Name}' has a key, but in mode 'passthrough' callers bring their own; it is used by health probes only");
            }

            return;
        }

        for (int index = 0; index < provider.ApiKeys.Count; index++)
        {
            string source = provider.ApiKeyFile is { } file ? $"the file '{file}'" : $"the environment variable '{provider.ApiKeyEnv[index]}'";
            if (provider.ApiKeys[index].IsBlank)
            {
                report.Warn(path,
                    $"{source}, which should hold the key of provider '{provider.Name}', is empty or not set; its calls go out without a credential");
            }
            else if (IsQuoted(provider.ApiKeys[index].Reveal()))
            {
                report.Warn(path,
                    $"{source} holds a key in quotes, which would be sent as part of it; provider '{provider.Name}' will refuse its calls",
                "remove the quotes");
            }
            else if (!HeaderText.IsValue(provider.ApiKeys[index].Reveal()))
            {
                report.Warn(path,
                    $"{source} holds a key with characters that no header can carry (a line break, perhaps); provider '{provider.Name}' will " +
                    "refuse its calls");
            }
        }
    }
}
