namespace Busbar.Upstream.Dial;

/// <summary>Every address of a host is one that must not be dialled.</summary>
internal sealed class AddressBlockedException(string message) : IOException(message)
{
}
