namespace Busbar.Upstream.Identity.Aws;

/// <summary>A role that is to be assumed.</summary>
/// <param name="Arn">The role.</param>
/// <param name="SessionName">Name of the session.</param>
internal sealed record RoleRequest(string Arn, string SessionName)
{
    /// <summary>What the role's trust policy asks for; null for nothing.</summary>
    public string? ExternalId { get; init; }

    /// <summary>Seconds that the session lasts; null for the service's default.</summary>
    public int? DurationSecs { get; init; }

    /// <summary>Region of the token service; null for that of the settings.</summary>
    public string? Region { get; init; }

    /// <summary>Tags of the session.</summary>
    public IReadOnlyDictionary<string, string> Tags { get; init; } = new Dictionary<string, string>();
}
