namespace Busbar.Upstream.Identity.Aws;

/// <summary>The profiles and SSO sessions of the shared files (AWS SDKs and tools reference guide, "Shared config and credentials files").</summary>
internal sealed class AwsProfiles
{
    private const int MaxBytes = 1024 * 1024;

    private readonly Dictionary<string, Dictionary<string, string>> _profiles = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, string>> _sessions = new(StringComparer.Ordinal);

    private AwsProfiles()
    {
    }

    /// <summary>Reads both files; one that is not there has no profiles. What the credentials file says of a profile wins.</summary>
    public static AwsProfiles Read(string? configFile, string? credentialsFile)
    {
        var profiles = new AwsProfiles();
        profiles.Add(configFile, isConfig: true);
        profiles.Add(credentialsFile, isConfig: false);
        return profiles;
    }

    /// <summary>The settings of a profile; null when there is none of that name.</summary>
    public Dictionary<string, string>? Profile(string name) => _profiles.GetValueOrDefault(name);

    /// <summary>The settings of an SSO session; null when there is none of that name.</summary>
    public Dictionary<string, string>? Session(string name) => _sessions.GetValueOrDefault(name);

    private void Add(string? file, bool isConfig)
    {
        if (file is null || !File.Exists(file) || new FileInfo(file).Length > MaxBytes)
        {
            return;
        }

        string[] lines;
        try
        {
            lines = File.ReadAllLines(file);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IdentityException($"the shared file {file} cannot be read", exception);
        }

        Dictionary<string, string>? section = null;
        foreach (string line in lines)
        {
            string text = line.Trim();
            if (text.Length == 0 || text[0] is '#' or ';')
            {
                continue;
            }

            if (text[0] == '[')
            {
                section = Section(text[1..(text.IndexOf(']') is > 0 and var close ? close : text.Length)].Trim(), isConfig);
                continue;
            }

            // What is indented belongs to a setting of its own kind, such as s3.
            int equals = text.IndexOf('=');
            if (equals > 0 && section is not null && !char.IsWhiteSpace(line[0]))
            {
                section[text[..equals].Trim().ToLowerInvariant()] = WithoutComment(text[(equals + 1)..].Trim());
            }
        }
    }

    private Dictionary<string, string>? Section(string head, bool isConfig)
    {
        string[] words = head.Split((char[]?)null, 2, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        Dictionary<string, Dictionary<string, string>>? place = words switch
        {
            [_] => _profiles,
            ["profile", _] when isConfig => _profiles,
            ["sso-session", _] when isConfig => _sessions,
            _ => null,
        };
        if (place is null)
        {
            return null;
        }

        string name = words[^1].Trim('"', '\'');
        return place.TryGetValue(name, out Dictionary<string, string>? known) ? known : place[name] = new(StringComparer.Ordinal);
    }

    private static string WithoutComment(string value)
    {
        int comment = value.AsSpan().IndexOfAny('#', ';');
        return comment > 0 && char.IsWhiteSpace(value[comment - 1]) ? value[..comment].TrimEnd() : value;
    }
}
