using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Model.Providers;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads who the gateway is at a provider: one word, or a block.</summary>
internal sealed class IdentityBinder(Section provider, ConfigReport report, IEnvironment environment)
{
    private const int MaxTags = 50;

    private static readonly string[] Aws = ["role_arn", "external_id", "session_name", "tags", "duration_secs", "region", "profile", "token_file"];
    private static readonly string[] Google = ["credentials_file", "impersonate", "scopes"];
    private static readonly string[] Azure = ["tenant_id", "client_id", "client_secret_env", "certificate_file", "token_file", "scope"];

    /// <summary>Reads it; null when there is none, or when it is wrong, which is reported.</summary>
    /// <param name="baseUrl">The provider's address; null when that is wrong.</param>
    /// <param name="region">The region of the provider; null to take it from the address.</param>
    /// <param name="proxy">The provider's own proxy; null for none.</param>
    public IdentityConfig? Bind(string? baseUrl, string? region, ProxyConfig? proxy)
    {
        if (provider.Node("identity") is not { } node)
        {
            return null;
        }

        string path = provider.At("identity");
        foreach (string key in (string[])["api_key_env", "api_key_file"])
        {
            if (provider.Has(key))
            {
                report.Error(path, $"both identity and {key} are given", "keep one of them");
            }
        }

        if (provider.Has("auth"))
        {
            report.Error(provider.At("auth"), "with an identity the header is known", "leave auth out");
        }

        Section own = new(node as YamlMap, path, ConfigKeys.Identity, report, environment);
        string? word = node is YamlMap ? own.Text("type") : provider.Text("identity");
        if (word is not ("aws" or "google" or "azure"))
        {
            report.Error(
                node is YamlMap ? own.At("type") : path, word is null ? "'type' is required" : $"'{word}' is no identity that is known",
                "use one of: aws, google, azure");
            return null;
        }

        IdentityKind kind = word switch { "aws" => IdentityKind.Aws, "google" => IdentityKind.Google, _ => IdentityKind.Azure };
        string[] known = kind switch { IdentityKind.Aws => Aws, IdentityKind.Google => Google, _ => Azure };
        foreach (string key in ConfigKeys.Identity.Keys.Where(key => key != "type" && own.Has(key) && !known.Contains(key)))
        {
            report.Error(own.At(key), $"an identity of the type {word} has no {key}", $"it has: {string.Join(", ", known)}");
        }

        IdentityConfig identity = new()
        {
            Kind = kind,
            Profile = Name(own, "profile"),
            TokenFile = own.Filled("token_file"),
            HasOwnProxy = provider.Has("proxy"),
            Proxy = provider.Has("proxy") ? proxy : null,
        };
        return kind switch
        {
            IdentityKind.Aws => OfAws(own, identity, own.Filled("region") ?? region ?? RegionOf(baseUrl)),
            IdentityKind.Google => OfGoogle(own, identity),
            _ => OfAzure(own, identity, baseUrl),
        };
    }

    private IdentityConfig OfAws(Section own, IdentityConfig identity, string? region)
    {
        Check(own, "region", region, text => text.All(letter => char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter == '-'),
            "not the name of a region", "write it as in us-east-1");
        string? role = own.Filled("role_arn");
        string[] parts = role?.Split(':') ?? [];
        Check(own, "role_arn", role, _ => parts is ["arn", _, "iam", "", { Length: 12 } account, ..] && account.All(char.IsAsciiDigit)
            && parts[^1].StartsWith("role/", StringComparison.Ordinal), "not the ARN of a role",
        "write it as in arn:aws:iam::123456789012:role/name");
        string? session = own.Filled("session_name");
        Check(own, "session_name", session, text => text.Length is >= 2 and <= 64
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || "_+=,.@-".Contains(letter)), "not the name of a session",
        "use 2 to 64 letters, digits and _+=,.@-");
        string? external = own.Filled("external_id");
        Check(own, "external_id", external, text => text.Length is >= 2 and <= 1224
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || "_+=,.@:/-".Contains(letter)), "not an external id",
        "use 2 to 1224 letters, digits and _+=,.@:/-");
        Dictionary<string, string> tags = Tags(own);
        foreach (string key in (string[])["external_id", "tags", "duration_secs"])
        {
            if (own.Has(key) && role is null)
            {
                report.Error(own.At(key), $"{key} belongs to a role", "name the role in role_arn, or leave it out");
            }
        }

        if (identity.TokenFile is not null && role is null)
        {
            report.Error(own.At("token_file"), "a token of another issuer is exchanged for a role", "name the role in role_arn");
        }

        foreach (string key in (string[])["external_id", "tags", "profile"])
        {
            if (own.Has(key) && identity.TokenFile is not null)
            {
                report.Error(own.At(key), $"with a token_file there is no {key}", "keep one of them");
            }
        }

        return identity with
        {
            Region = region,
            RoleArn = role,
            SessionName = session,
            ExternalId = external,
            Tags = tags,
            DurationSecs = (int?)own.Integer("duration_secs"),
        };
    }

    private IdentityConfig OfGoogle(Section own, IdentityConfig identity)
    {
        string? account = own.Filled("impersonate");
        Check(own, "impersonate", account, text => text.Split('@') is [{ Length: > 0 }, { Length: > 0 }]
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || "@.-_".Contains(letter)), "not the address of a service account",
        "write it as in name@project.iam.gserviceaccount.com");
        IReadOnlyList<string> scopes = own.Texts("scopes");
        foreach (string scope in scopes.Where(scope => !IsScope(scope)))
        {
            report.Error(own.At("scopes"), $"'{scope}' is not a scope", "write it as in https://www.googleapis.com/auth/cloud-platform");
        }

        string? file = own.Filled("credentials_file");
        if (file is not null)
        {
            ConfigFile.Read(file, own.At("credentials_file"), null, report);
        }

        return identity with { CredentialsFile = file, Impersonate = account, Scopes = scopes };
    }

    private IdentityConfig OfAzure(Section own, IdentityConfig identity, string? baseUrl)
    {
        string? tenant = Id(own, "tenant_id");
        string? client = Id(own, "client_id");
        string? scope = own.Filled("scope");
        Check(own, "scope", scope, text => IsScope(text) && text.EndsWith("/.default", StringComparison.Ordinal), "not a scope of an application",
            "write it as in https://cognitiveservices.azure.com/.default");
        string? secret = own.Filled("client_secret_env");
        report.Conceal(own.At("client_secret_env"));
        Check(own, "client_secret_env", secret, text => !char.IsAsciiDigit(text[0])
            && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter == '_'), "not the name of an environment variable",
        "give the variable's name here, not the secret itself");
        if (secret is not null && string.IsNullOrEmpty(environment.Get(secret)))
        {
            report.Warn(own.At("client_secret_env"), "the variable that it names is not set", "set it before the start");
        }

        string? certificate = own.Filled("certificate_file");
        if (certificate is not null)
        {
            ConfigFile.Read(certificate, own.At("certificate_file"), null, report);
        }

        string[] proofs = [.. ((string[])["client_secret_env", "certificate_file", "token_file"]).Where(own.Has)];
        if (proofs.Length > 1)
        {
            report.Error(own.At(proofs[1]), $"{string.Join(" and ", proofs)} are given", "keep one of them");
        }

        if (proofs.Length > 0)
        {
            Require(own, "tenant_id", tenant, "AZURE_TENANT_ID");
            Require(own, "client_id", client, "AZURE_CLIENT_ID");
        }

        bool isFoundry = Uri.TryCreate(baseUrl, UriKind.Absolute, out Uri? address)
            && address.IdnHost.EndsWith(".services.ai.azure.com", StringComparison.OrdinalIgnoreCase);
        return identity with
        {
            TenantId = tenant,
            ClientId = client,
            ClientSecretEnv = secret,
            CertificateFile = certificate,
            Scopes = [scope ?? (isFoundry ? "https://ai.azure.com/.default" : "https://cognitiveservices.azure.com/.default")],
        };
    }

    private void Require(Section own, string key, string? value, string variable)
    {
        if (value is null && string.IsNullOrEmpty(environment.Get(variable)))
        {
            report.Error(own.At(key), $"'{key}' is required: neither it nor the variable {variable} is given");
        }
    }

    private string? Id(Section own, string key)
    {
        string? id = own.Filled(key);
        Check(own, key, id, text => text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.'), "not an id",
            "it has letters, digits, hyphens and dots");
        return id;
    }

    private string? Name(Section own, string key)
    {
        string? name = own.Filled(key);
        Check(own, key, name, text => !text.Any(char.IsControl) && text.IndexOfAny([']', '[']) < 0, "not the name of a profile", null);
        return name;
    }

    private Dictionary<string, string> Tags(Section own)
    {
        Dictionary<string, string> tags = [];
        foreach ((string name, string path, YamlNode node) in own.Named("tags"))
        {
            string? value = own.Text(node, path);
            if (name.Length is 0 or > 128 || value is null or { Length: > 256 })
            {
                report.Error(path, "not a tag: a name has at most 128 characters, a value 256");
            }
            else
            {
                tags[name] = value;
            }
        }

        if (tags.Count > MaxTags)
        {
            report.Error(own.At("tags"), $"{tags.Count} tags are given", $"give at most {MaxTags}");
        }

        return tags;
    }

    private void Check(Section own, string key, string? value, Func<string, bool> isRight, string problem, string? remedy)
    {
        if (value is not null && own.Has(key) && !isRight(value))
        {
            report.Error(own.At(key), problem, remedy);
        }
    }

    private static bool IsScope(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExceptInRange('!', '~');

    // bedrock-runtime.eu-central-1.amazonaws.com, vpce-0a1b.bedrock-runtime.eu-central-1.vpce.amazonaws.com
    private static string? RegionOf(string? baseUrl)
    {
        if (!Uri.TryCreate(baseUrl, UriKind.Absolute, out Uri? address)
            || !address.IdnHost.Contains(".amazonaws.com", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string[] labels = address.IdnHost.ToLowerInvariant().Split('.');
        int service = Array.FindIndex(labels, label => label.StartsWith("bedrock", StringComparison.Ordinal));
        return service >= 0 && labels[service + 1].Contains('-') ? labels[service + 1] : null;
    }
}
