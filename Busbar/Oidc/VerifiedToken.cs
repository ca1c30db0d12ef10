using Busbar.Configuration.Model;

namespace Busbar.Oidc;

/// <summary>Who a token that is right says that its bearer is.</summary>
/// <param name="Issuer">Its issuer.</param>
/// <param name="Subject">Who it is, among those of the issuer.</param>
/// <param name="Group">The group it is mapped to, as configured or as the token names it; null for none.</param>
/// <param name="Pools">The pools it is mapped to; empty for all.</param>
/// <param name="Until">Epoch second from which it is valid no more.</param>
internal sealed record VerifiedToken(JwtIssuerConfig Issuer, string Subject, string? Group, IReadOnlyList<string> Pools, long Until);
