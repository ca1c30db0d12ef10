namespace Busbar.Oidc;

/// <summary>The keys of an issuer cannot be had; the message is for the operator.</summary>
internal sealed class IssuerException(string message) : Exception(message);
