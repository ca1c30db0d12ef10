using Busbar.Configuration.Model;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding;

/// <summary>Finds a provider's keys, in variables or in a file.</summary>
internal sealed class KeySource(Section provider, ConfigReport report, IEnvironment environment)
{
    /// <summary>Reads the keys. An unset variable gives an empty secret.</summary>
    /// <param name="isOptional">True when the provider can do without a key of the gateway's.</param>
    public (IReadOnlyList<string> Variables, string? File, IReadOnlyList<Secret> Keys) Read(bool isOptional)
    {
        string? file = provider.Filled("api_key_file");
        List<string> variables = Variables();
        if (file is not null && provider.Has("api_key_env"))
        {
            report.Error(provider.At("api_key_file"), "both api_key_env and api_key_file are given", "keep one of them");
        }
        else if (file is not null)
        {
            return ([], file, ConfigFile.Read(file, provider.At("api_key_file"), null, report) is { } text ? [new Secret(text.Trim())] : []);
        }
        else if (!provider.Has("api_key_env") && !isOptional)
        {
            report.Error(provider.At("api_key_env"), "'api_key_env' is required: the name of the environment variable that holds the key");
        }

        return (variables, null, [.. variables.Select(variable => new Secret(environment.Get(variable) ?? ""))]);
    }

    private List<string> Variables()
    {
        List<string> names = [];
        bool isList = provider.Node("api_key_env") is YamlList;
        IEnumerable<(string Path, YamlNode Node)> items = isList ? provider.Items("api_key_env")
            : provider.Node("api_key_env") is { } single ? [(provider.At("api_key_env"), single)]
            : [];
        foreach ((string path, YamlNode node) in items)
        {
            // What is not a variable's name may be the key itself, put here by mistake.
            report.Conceal(path);
            if (provider.Text(node, path) is not { } name || !IsVariableName(name))
            {
                report.Error(path, "not the name of an environment variable", "give the variable's name here, not the key itself");
            }
            else if (names.Contains(name))
            {
                report.Error(path, $"the variable '{name}' is listed twice");
            }
            else
            {
                names.Add(name);
            }
        }

        if (isList && names.Count == 0)
        {
            report.Error(provider.At("api_key_env"), "the list is empty");
        }

        return names;
    }

    private static bool IsVariableName(string name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_');
}
