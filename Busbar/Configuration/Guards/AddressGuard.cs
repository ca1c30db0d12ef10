using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Busbar.Configuration.Guards;

/// <summary>
/// Says which IP addresses may be called. Used on literal addresses when the configuration is read and on resolved ones when a connection is made.
/// </summary>
internal static class AddressGuard
{
    /// <summary>
    /// True when <paramref name="address"/> must not be called. <paramref name="allowPrivate"/> opens loopback and private networks; metadata,
    /// link-local and reserved addresses stay closed.
    /// </summary>
    public static bool IsBlocked(IPAddress address, bool allowPrivate) => Classify(address) switch
    {
        AddressKind.Public => false,
        AddressKind.Loopback or AddressKind.Private => !allowPrivate,
        _ => true,
    };

    /// <summary>
    /// True when <paramref name="address"/> must not be called without TLS: what is blocked anyway, and every public address. A private network that
    /// may be called over <c>http://</c> ends where its names begin to resolve to the internet.
    /// </summary>
    public static bool IsBlockedInClear(IPAddress address) => IsBlocked(address, allowPrivate: true) || Classify(address) == AddressKind.Public;

    /// <summary>
    /// The kind of an address. An IPv6 address that carries an IPv4 one (mapped, compatible, NAT64, 6to4) is what the IPv4 address is.
    /// </summary>
    public static AddressKind Classify(IPAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        address.TryWriteBytes(bytes, out _);
        return address.AddressFamily == AddressFamily.InterNetwork
            ? Classify(BinaryPrimitives.ReadUInt32BigEndian(bytes))
            : Classify(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
    }

    /// <summary>The kind of an IPv4 address in host order.</summary>
    public static AddressKind Classify(uint address)
    {
        // Metadata services outside the link-local range: Azure's wire server, Oracle's, Alibaba's.
        if (address is 0xA83F8110 or 0xC00000C0 or 0x646464C8)
        {
            return AddressKind.Forbidden;
        }

        return (address >> 24) switch
        {
            127 => AddressKind.Loopback,
            10 => AddressKind.Private,
            172 when (address >> 20) == 0xAC1 => AddressKind.Private,
            192 when (address >> 16) == 0xC0A8 => AddressKind.Private,
            100 when (address >> 22) == 0x191 => AddressKind.Private,
            0 or >= 224 => AddressKind.Forbidden,
            169 when (address >> 16) == 0xA9FE => AddressKind.Forbidden,
            192 when (address >> 8) == 0xC00000 => AddressKind.Forbidden,
            198 when (address >> 17) == 0x6309 => AddressKind.Forbidden,
            _ => AddressKind.Public,
        };
    }

    private static AddressKind Classify(ulong high, ulong low)
    {
        if (high == 0)
        {
            return low switch
            {
                0 => AddressKind.Forbidden,
                1 => AddressKind.Loopback,
                _ when (low >> 32) is 0 or 0xFFFF => Classify((uint)low),

                // What is left of ::/64, IPv4-translated addresses (RFC 2765) among it, is reserved or obsolete.
                _ => AddressKind.Forbidden,
            };
        }

        // Metadata over IPv6: all of Amazon's services on the instance, and Google's.
        if ((high >> 32) == 0xFD00_0EC2 || (high == 0xFD20_00CE_0000_0000 && low == 0x254))
        {
            return AddressKind.Forbidden;
        }

        return (ushort)(high >> 48) switch
        {
            >= 0xFC00 and <= 0xFDFF => AddressKind.Private,
            >= 0xFE80 => AddressKind.Forbidden,
            0x2002 => Classify((uint)(high >> 16)),

            // 2001::/23: protocol assignments (RFC 2928), above all Teredo, which carries an IPv4 address in disguise. Then documentation (RFC 3849,
            // 9637), discard-only (RFC 6666) and segment routing (RFC 9602).
            0x2001 when (ushort)(high >> 32) < 0x0200 => AddressKind.Forbidden,
            0x2001 when (ushort)(high >> 32) == 0x0DB8 => AddressKind.Forbidden,
            0x3FFF when (ushort)(high >> 32) < 0x1000 => AddressKind.Forbidden,
            0x0100 when high == 0x0100_0000_0000_0000 => AddressKind.Forbidden,
            0x5F00 => AddressKind.Forbidden,
            0x0064 when high == 0x0064_FF9B_0000_0000 && (low >> 32) == 0 => Classify((uint)low),
            0x0064 when (high >> 16) == 0x0064_FF9B_0001 => AddressKind.Forbidden,
            _ => AddressKind.Public,
        };
    }
}
