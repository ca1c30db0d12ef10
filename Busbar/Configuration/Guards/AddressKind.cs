namespace Busbar.Configuration.Guards;

/// <summary>What an IP address is good for, as the guards see it.</summary>
internal enum AddressKind : byte
{
    /// <summary>A host on the internet.</summary>
    Public,

    /// <summary>This machine.</summary>
    Loopback,

    /// <summary>A private network, carrier-grade NAT included.</summary>
    Private,

    /// <summary>Link-local, cloud metadata, unspecified, multicast, reserved: nothing a provider can live at.</summary>
    Forbidden,
}
