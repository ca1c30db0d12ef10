namespace Busbar.Upstream;

/// <summary>Every address of a provider's host is one that must not be dialled.</summary>
internal sealed class AddressBlockedException(string provider)
    : IOException($"provider {provider}: its host resolves only to private, loopback or metadata addresses; set allow_private_network: true if that is meant")
{
}
