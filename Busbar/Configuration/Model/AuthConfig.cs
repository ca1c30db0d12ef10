namespace Busbar.Configuration.Model;

/// <summary>The <c>auth:</c> block.</summary>
internal sealed record AuthConfig
{
    /// <summary>How callers prove who they are.</summary>
    public AuthMode Mode { get; init; } = AuthMode.None;

    /// <summary>False when the deployment has no <c>auth:</c> block at all, which deserves its own warning.</summary>
    public bool IsExplicit { get; init; }

    /// <summary>Tokens accepted in <see cref="AuthMode.Token"/>.</summary>
    public IReadOnlyList<Secret> ClientTokens { get; init; } = [];

    /// <summary>Those of them that belong to operators, who may see the figures of the process; where there are none, all do.</summary>
    public IReadOnlyList<Secret> OperatorTokens { get; init; } = [];

    /// <summary>Issuers of tokens that callers may show in place of a virtual key; none by default.</summary>
    public IReadOnlyList<JwtIssuerConfig> Jwt { get; init; } = [];
}
