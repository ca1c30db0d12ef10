using System.Globalization;
using Busbar.Configuration.Yaml;
using Busbar.Ir;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads <c>platform</c> of a provider, and the keys that go with it.</summary>
internal sealed class PlatformBinder(Section own, Section listed, ConfigReport report)
{
    private static readonly (Platform Platform, string Word, ProtocolId[] Protocols)[] Platforms =
    [
        (Platform.Vertex, "vertex", [ProtocolId.Gemini, ProtocolId.Anthropic]),
        (Platform.Azure, "azure", [ProtocolId.OpenAI, ProtocolId.Responses, ProtocolId.Anthropic]),
        (Platform.BedrockInvoke, "bedrock-invoke", [ProtocolId.Anthropic, ProtocolId.Bedrock]),
    ];

    /// <summary>The word for <paramref name="platform"/>; null for none.</summary>
    public static string? WordOf(Platform platform) => Platforms.FirstOrDefault(row => row.Platform == platform).Word;

    /// <summary>Reads them; what is wrong is reported.</summary>
    public PlatformSettings Bind()
    {
        Platform platform = From("platform").Choice("platform", [.. Platforms.Select(row => (row.Word, row.Platform))]) ?? Platform.None;
        string? project = Only(platform, Platform.Vertex, "project", Named);
        string? location = Only(platform, Platform.Vertex, "location", letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter)
            || letter == '-');
        if (platform == Platform.Vertex)
        {
            Require("project", project, "name the Google Cloud project that pays");
            Require("location", location, "name the region of the models, such as us-east5, or global");
        }

        return new PlatformSettings(platform, project, location, Version(platform), Deployments(platform), Address(platform, location));
    }

    /// <summary>
    /// The protocol of a provider at <paramref name="platform"/> whose key says <paramref name="protocol"/>; null, after reporting it, where the
    /// platform has no such. What is sent by InvokeModel is Messages, whichever of the two it is called.
    /// </summary>
    public ProtocolId? Protocol(Platform platform, ProtocolId? protocol)
    {
        if (protocol is not { } id || platform == Platform.None)
        {
            return protocol;
        }

        (Platform _, string word, ProtocolId[] protocols) = Platforms.First(row => row.Platform == platform);
        if (!protocols.Contains(id))
        {
            report.Error(own.At("protocol"), $"platform {word} does not serve the protocol {id.Name()}",
                $"use one of: {string.Join(", ", protocols.Select(each => each.Name()))}");
            return null;
        }

        return platform == Platform.BedrockInvoke ? ProtocolId.Anthropic : id;
    }

    private static bool Named(char letter) => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.' or ':';

    private Section From(string key) => own.Has(key) ? own : listed;

    private void Require(string key, string? value, string hint)
    {
        if (value is null && !From(key).Has(key))
        {
            report.Error(own.At(key), $"'{key}' is required with platform: vertex", hint);
        }
    }

    private string? Only(Platform platform, Platform needed, string key, Func<char, bool> isLegal)
    {
        if (From(key).Filled(key) is not { } value)
        {
            return null;
        }

        if (platform != needed)
        {
            report.Error(own.At(key), $"only with platform: {WordOf(needed)}", "leave it out, or set platform");
            return null;
        }

        if (!value.All(isLegal))
        {
            report.Error(own.At(key), $"'{value}' is not a legal {key}", "take it as the cloud's console shows it");
            return null;
        }

        return value;
    }

    private string? Version(Platform platform)
    {
        if (From("api_version").Filled("api_version") is not { } version)
        {
            return null;
        }

        string date = version.EndsWith("-preview", StringComparison.Ordinal) ? version[..^"-preview".Length] : version;
        bool isKnown = platform switch
        {
            Platform.Azure => version is "v1" or "preview" or "latest"
                || DateOnly.TryParseExact(date, "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out _),
            Platform.Vertex => version is "v1" or "v1beta1",
            _ => false,
        };
        if (!isKnown)
        {
            report.Error(
                own.At("api_version"),
                $"'{version}' is not a version of {(platform is Platform.Azure or Platform.Vertex ? "this platform" : "an API that is called here")}",
                platform switch
                {
                    Platform.Azure => "write v1, preview, latest, or a date as in 2024-10-21",
                    Platform.Vertex => "write v1 or v1beta1",
                    _ => "it goes with platform: azure or platform: vertex",
                });
        }

        return version;
    }

    private Dictionary<string, string> Deployments(Platform platform)
    {
        Section source = From("deployments");
        var deployments = new Dictionary<string, string>(StringComparer.Ordinal);
        if (source.Has("deployments") && platform != Platform.Azure)
        {
            report.Error(own.At("deployments"), "only with platform: azure", "leave it out, or set platform");
            return deployments;
        }

        foreach ((string model, string path, YamlNode node) in source.Named("deployments"))
        {
            if (source.Text(node, path) is not { Length: > 0 } deployment
                || deployment.Any(letter => !char.IsAsciiLetterOrDigit(letter) && letter is not ('-' or '_' or '.')))
            {
                report.Error(path, "not the name of a deployment", "it has letters, digits, hyphens, underscores and dots");
                continue;
            }

            deployments[model] = deployment;
        }

        return deployments;
    }

    // As the vendors' own clients know it.
    private string? Address(Platform platform, string? location) => platform switch
    {
        Platform.Vertex => location switch
        {
            null => null,
            "global" => "https://aiplatform.googleapis.com",
            "us" or "eu" => $"https://aiplatform.{location}.rep.googleapis.com",
            _ => $"https://{location}-aiplatform.googleapis.com",
        },
        Platform.BedrockInvoke when From("region").Filled("region") is { } region =>
            $"https://bedrock-runtime.{region}.amazonaws.com{(region.StartsWith("cn-", StringComparison.Ordinal) ? ".cn" : "")}",
        _ => null,
    };
}
