namespace Busbar.Configuration.Model.Providers;

/// <summary>
/// Who the gateway is at a provider, in place of a key. Holds no secret: those are read where they lie whenever a credential is obtained.
/// </summary>
internal sealed record IdentityConfig
{
    /// <summary>The cloud.</summary>
    public required IdentityKind Kind { get; init; }

    /// <summary>AWS: region of the token service; null to take it from the environment.</summary>
    public string? Region { get; init; }

    /// <summary>AWS: profile of the shared files; null for that of the environment.</summary>
    public string? Profile { get; init; }

    /// <summary>AWS: role to assume with what the chain gives; null for none.</summary>
    public string? RoleArn { get; init; }

    /// <summary>AWS: what the role's trust policy asks for.</summary>
    public string? ExternalId { get; init; }

    /// <summary>AWS: name of the session.</summary>
    public string? SessionName { get; init; }

    /// <summary>AWS: tags of the session.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();

    /// <summary>AWS: seconds that a session lasts; null for the service's default.</summary>
    public int? DurationSecs { get; init; }

    /// <summary>AWS, Azure: file with the token of another issuer; null for that of the environment.</summary>
    public string? TokenFile { get; init; }

    /// <summary>Google: file with credentials; null for the default chain.</summary>
    public string? CredentialsFile { get; init; }

    /// <summary>Google: address of the service account to impersonate; null for none.</summary>
    public string? Impersonate { get; init; }

    /// <summary>Google, Azure: scopes of the token.</summary>
    public IReadOnlyList<string> Scopes { get; init; } = [];

    /// <summary>Azure: the directory.</summary>
    public string? TenantId { get; init; }

    /// <summary>Azure: the application, or the user-assigned managed identity.</summary>
    public string? ClientId { get; init; }

    /// <summary>Azure: variable that holds the application's secret.</summary>
    public string? ClientSecretEnv { get; init; }

    /// <summary>Azure: PEM file with the application's certificate and its key.</summary>
    public string? CertificateFile { get; init; }

    /// <summary>
    /// Whether <see cref="Proxy"/> is said by the provider; otherwise the environment says which proxy leads to the token services.
    /// </summary>
    public bool HasOwnProxy { get; init; }

    /// <summary>The proxy that leads to the token services; never to metadata services. Null for none.</summary>
    public ProxyConfig? Proxy { get; init; }

    /// <summary>The word of <see cref="Kind"/>.</summary>
    public string Word => Kind switch { IdentityKind.Aws => "aws", IdentityKind.Google => "google", _ => "azure" };

    /// <summary>Equal for settings that give the same credential.</summary>
    public string Key => string.Join(
        '\n',
        (string?[])
        [
            Word, Region, Profile, RoleArn, ExternalId, SessionName, DurationSecs?.ToString(System.Globalization.CultureInfo.InvariantCulture),
            TokenFile, CredentialsFile,
            Impersonate, TenantId, ClientId, ClientSecretEnv, CertificateFile, HasOwnProxy ? $"proxy {Proxy?.Host}:{Proxy?.Port}" : "", .. Scopes,
            .. Tags.Select(tag => $"{tag.Key}={tag.Value}"),
        ]);
}
