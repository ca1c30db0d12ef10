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

    /// <summary>A random UUID (version 4).</summary>
    public static string Uuid() => Guid.NewGuid().ToString();

    private static int Below62()
    {
        while (true)
        {
            byte[] bytes = _bytes ??= new byte[1024];
            if (_left == 0)
            {
                RandomNumberGenerator.Fill(bytes);
                _left = bytes.Length;
            }

            // The last bytes of the range would favour the first characters.
            int value = bytes[--_left];
            if (value < 4 * Base62.Length)
            {
                return value % Base62.Length;
            }
        }
    }
}
