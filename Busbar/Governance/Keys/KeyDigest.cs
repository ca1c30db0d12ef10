using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Busbar.Governance.Keys;

/// <summary>SHA-256 of a secret: what is kept of it, and what it is found by. Its text is not a secret's, yet it is never shown.</summary>
internal readonly struct KeyDigest : IEquatable<KeyDigest>
{
    private readonly ulong _first;
    private readonly ulong _second;
    private readonly ulong _third;
    private readonly ulong _fourth;

    private KeyDigest(ReadOnlySpan<byte> digest)
    {
        _first = BinaryPrimitives.ReadUInt64BigEndian(digest);
        _second = BinaryPrimitives.ReadUInt64BigEndian(digest[8..]);
        _third = BinaryPrimitives.ReadUInt64BigEndian(digest[16..]);
        _fourth = BinaryPrimitives.ReadUInt64BigEndian(digest[24..]);
    }

    /// <summary>Length of <see cref="ToHex"/>.</summary>
    public const int HexLength = 64;

    /// <summary>The digest of <paramref name="secret"/> as UTF-8.</summary>
    public static KeyDigest Of(ReadOnlySpan<char> secret)
    {
        const int StackLimit = 512;
        int size = Encoding.UTF8.GetMaxByteCount(secret.Length);
        Span<byte> utf8 = size <= StackLimit ? stackalloc byte[StackLimit] : new byte[size];
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(utf8[..Encoding.UTF8.GetBytes(secret, utf8)], digest);
        return new KeyDigest(digest);
    }

    /// <summary>Reads what <see cref="ToHex"/> wrote; false when <paramref name="hex"/> is anything else.</summary>
    public static bool TryParse(ReadOnlySpan<byte> hex, out KeyDigest digest)
    {
        Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
        bool isDigest = hex.Length == HexLength && Convert.FromHexString(hex, bytes, out _, out _) == System.Buffers.OperationStatus.Done;
        digest = isDigest ? new KeyDigest(bytes) : default;
        return isDigest;
    }

    /// <summary>64 lower-case hexadecimal digits, for the store alone.</summary>
    public string ToHex() => $"{_first:x16}{_second:x16}{_third:x16}{_fourth:x16}";

    /// <summary>The id of the key whose first secret has this digest: <c>vk_</c> and the first 16 digits.</summary>
    public string ToKeyId() => $"vk_{_first:x16}";

    /// <summary>Compares all 256 bits, wherever they differ.</summary>
    public bool Equals(KeyDigest other) =>
        ((_first ^ other._first) | (_second ^ other._second) | (_third ^ other._third) | (_fourth ^ other._fourth)) == 0;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is KeyDigest other && Equals(other);

    /// <summary>As <see cref="Equals(KeyDigest)"/>.</summary>
    public static bool operator ==(KeyDigest left, KeyDigest right) => left.Equals(right);

    /// <summary>The opposite.</summary>
    public static bool operator !=(KeyDigest left, KeyDigest right) => !left.Equals(right);

    /// <summary>Bits of a SHA-256 digest are spread as well as those of any hash of it.</summary>
    public override int GetHashCode() => (int)_first;

    /// <summary>Says nothing.</summary>
    public override string ToString() => "(digest)";
}
