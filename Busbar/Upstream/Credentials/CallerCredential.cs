using Busbar.Configuration.Model;

namespace Busbar.Upstream.Credentials;

/// <summary>Whose credential an upstream call carries.</summary>
/// <param name="IsPassthrough">The caller's own; the lane's key must not be used, even when the caller sent none.</param>
/// <param name="Token">The caller's token in passthrough mode; null when none was sent.</param>
/// <param name="Carrier">How the caller sent it.</param>
internal readonly record struct CallerCredential(bool IsPassthrough, Secret? Token, CredentialCarrier Carrier);
