using Busbar.Configuration.Model.Providers;

namespace Busbar.Configuration.Model;

/// <summary>An issuer of tokens that callers may show in place of a virtual key (<c>auth.jwt</c>).</summary>
internal sealed record JwtIssuerConfig
{
    /// <summary>Every algorithm that can be allowed, RFC 7518, 3.1: signatures with a public key alone.</summary>
    public static IReadOnlyList<string> KnownAlgorithms { get; } = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    /// <summary>What <c>iss</c> must be, to the letter.</summary>
    public required string Issuer { get; init; }

    /// <summary>Where its keys are; null to ask <c>/.well-known/openid-configuration</c> below <see cref="Issuer"/>.</summary>
    public string? JwksUrl { get; init; }

    /// <summary>One of these must be in <c>aud</c>; at least one.</summary>
    public required IReadOnlyList<string> Audiences { get; init; }

    /// <summary>How far its clock may be off, seconds.</summary>
    public int ClockSkewSecs { get; init; } = 60;

    /// <summary>Some of <see cref="KnownAlgorithms"/>.</summary>
    public IReadOnlyList<string> Algorithms { get; init; } = ["RS256", "ES256"];

    /// <summary>The claim that says who calls.</summary>
    public string SubjectClaim { get; init; } = "sub";

    /// <summary>Claims that must be there with this value.</summary>
    public IReadOnlyDictionary<string, string> RequiredClaims { get; init; } = new Dictionary<string, string>();

    /// <summary>The claim that names the group; null for none.</summary>
    public string? GroupClaim { get; init; }

    /// <summary>
    /// Values of <see cref="GroupClaim"/> and the groups they stand for, the first that fits; empty where a value is the group itself.
    /// </summary>
    public IReadOnlyDictionary<string, string> Groups { get; init; } = new Dictionary<string, string>();

    /// <summary>The group of those for whom <see cref="GroupClaim"/> names none; null to refuse them where there is such a claim.</summary>
    public string? DefaultGroup { get; init; }

    /// <summary>The claim that names the pools and models that may be used; null for all.</summary>
    public string? PoolsClaim { get; init; }

    /// <summary>Values of <see cref="PoolsClaim"/> and the pools they stand for, commas between; empty where a value is the pool itself.</summary>
    public IReadOnlyDictionary<string, string> Pools { get; init; } = new Dictionary<string, string>();

    /// <summary>Budget of each subject, cents; null for none.</summary>
    public long? MaxBudgetCents { get; init; }

    /// <summary>Period of that budget: <c>total</c>, <c>daily</c> or <c>monthly</c>.</summary>
    public string BudgetPeriod { get; init; } = "total";

    /// <summary>Requests a minute of each subject; null for no limit.</summary>
    public uint? RpmLimit { get; init; }

    /// <summary>Tokens a minute of each subject; null for no limit.</summary>
    public uint? TpmLimit { get; init; }

    /// <summary>Requests at the same time of each subject; null for no limit.</summary>
    public uint? MaxConcurrent { get; init; }

    /// <summary>Whether its keys may be on this machine or in a private network, over http too.</summary>
    public bool AllowPrivateNetwork { get; init; }

    /// <summary>The proxy that leads to its keys; null for none.</summary>
    public ProxyConfig? Proxy { get; init; }

    /// <summary>Whether the keys of <paramref name="other"/> are found in the same place.</summary>
    public bool HasKeysOf(JwtIssuerConfig other) =>
        Issuer == other.Issuer && JwksUrl == other.JwksUrl && AllowPrivateNetwork == other.AllowPrivateNetwork
        && Proxy?.Address == other.Proxy?.Address && Proxy?.Authorization?.Reveal() == other.Proxy?.Authorization?.Reveal();
}
