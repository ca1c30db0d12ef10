using System.Text;
using Busbar.Configuration;
using Busbar.Configuration.Model;

namespace Busbar.Tests.Configuration;

/// <summary>Loads configurations from text, by way of real files.</summary>
internal static class ConfigText
{
    /// <summary>A provider, a model and a pool, nothing else.</summary>
    public static string Minimal { get; } = With();

    /// <summary>The minimal configuration with some of its blocks replaced, and others added.</summary>
    public static string With(
        string auth = "{mode: token, client_tokens: [caller-token]}",
        string providers = "{openai: {api_key_env: OPENAI_KEY}}",
        string models = "{small: {provider: openai, max_concurrent: 4}}",
        string pools = "{fast: {members: [{target: small}]}}",
        string more = "") => $"""
        auth: {auth}
        providers: {providers}
        models: {models}
        pools: {pools}
        {more}

        """;

    /// <summary>The minimal configuration with settings added to its only pool.</summary>
    public static string WithPool(string settings) => With(pools: $"{{fast: {{members: [{{target: small}}], {settings}}}}}");

    /// <summary>The minimal configuration with settings added to its only model.</summary>
    public static string WithModel(string settings) => With(models: $"{{small: {{provider: openai, max_concurrent: 4, {settings}}}}}");

    /// <summary>The minimal configuration with settings added to its only provider.</summary>
    public static string WithProvider(string settings) => With(providers: $"{{openai: {{api_key_env: OPENAI_KEY, {settings}}}}}");

    /// <summary>Everything <see cref="Minimal"/> needs.</summary>
    public static FakeEnvironment Environment { get; } = new(("OPENAI_KEY", "sk-test"));

    /// <summary>The configuration of a text that must be valid.</summary>
    public static GatewayConfig Valid(string yaml, IEnvironment? environment = null, string? catalog = null)
    {
        ConfigResult result = Load(yaml, environment, catalog);
        Assert.True(result.Config is not null, string.Join('\n', result.Problems));
        return result.Config;
    }

    /// <summary>The only error of a text.</summary>
    public static ConfigProblem OnlyError(string yaml, IEnvironment? environment = null, string? catalog = null)
    {
        ConfigResult result = Load(yaml, environment, catalog);
        List<ConfigProblem> errors = [.. result.Errors];
        Assert.True(errors.Count == 1, $"{errors.Count} errors:\n{string.Join('\n', errors)}");
        Assert.Null(result.Config);
        return errors[0];
    }

    /// <summary>The one warning at a path.</summary>
    public static ConfigProblem Warning(string yaml, string path, IEnvironment? environment = null)
    {
        ConfigResult result = Load(yaml, environment);
        Assert.True(result.Config is not null, string.Join('\n', result.Problems));
        return Assert.Single(result.Warnings, warning => warning.Path == path);
    }

    /// <summary>Loads as a start does.</summary>
    public static ConfigResult Load(string yaml, IEnvironment? environment = null, string? catalog = null)
    {
        string directory = Directory.CreateTempSubdirectory("busbar-config-").FullName;
        try
        {
            string file = Path.Combine(directory, "config.yaml");
            File.WriteAllBytes(file, Encoding.UTF8.GetBytes(yaml));
            string? catalogFile = null;
            if (catalog is not null)
            {
                catalogFile = Path.Combine(directory, "providers.yaml");
                File.WriteAllText(catalogFile, catalog);
            }

            return ConfigLoader.Load(new ConfigSources(file, catalogFile), environment ?? Environment);
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }
}
