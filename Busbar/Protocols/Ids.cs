using System.Security.Cryptography;

namespace Busbar.Protocols;

/// <summary>Random identifiers of the shapes the vendors use. Uniform, from the system's random source, without clock or counter in them.</summary>
internal static class Ids
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    // Fetched for many ids at a time: a call of the source costs more than all else about an id.
    [ThreadStatic]
    private static byte[]? _bytes;

    [ThreadStatic]
    private static int _left;

    /// <summary><paramref name="prefix"/> and <paramref name="length"/> random base-62 characters.</summary>
    public static string Random(string prefix, int length) =>
        string.Create(prefix.Length + length, prefix, static (span, prefix) =>
        {
            prefix.CopyTo(span);
            foreach (ref char character in span[prefix.Length..])
            {
                character = Base62[Below62()];
            }
        });

    /// <summary>A random UUID (version 4, RFC 9562).</summary>
    public static string Uuid() => NewUuid().ToString();

    /// <summary><paramref name="prefix"/> and a random UUID without its hyphens.</summary>
    public static string PlainUuid(string prefix) => string.Create(prefix.Length + 32, prefix, static (span, prefix) =>
    {
        prefix.CopyTo(span);
        NewUuid().TryFormat(span[prefix.Length..], out _, "N");
    });

    private static Guid NewUuid()
    {
        Span<byte> uuid = stackalloc byte[16];
        foreach (ref byte value in uuid)
        {
            value = NextByte();
        }

        uuid[6] = (byte)((uuid[6] & 0x0F) | 0x40);
        uuid[8] = (byte)((uuid[8] & 0x3F) | 0x80);
        return new Guid(uuid, bigEndian: true);
    }

    private static int Below62()
    {
        while (true)
        {
            // The last bytes of the range would favour the first characters.
            int value = NextByte();
            if (value < 4 * Base62.Length)
            {
                return value % Base62.Length;
            }
        }
    }

    private static byte NextByte()
    {
        byte[] bytes = _bytes ??= new byte[1024];
        if (_left == 0)
        {
            RandomNumberGenerator.Fill(bytes);
            _left = bytes.Length;
        }

        return bytes[--_left];
    }
}
