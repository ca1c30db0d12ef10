using System.Security.Cryptography;

namespace Busbar.Protocols;

/// <summary>Random identifiers of the shapes the vendors use. Uniform, from the system's random source, without clock or counter in them.</summary>
internal static class Ids
{
    private const string Base62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    /// <summary><paramref name="prefix"/> and <paramref name="length"/> random base-62 characters.</summary>
    public static string Random(string prefix, int length) =>
        string.Create(prefix.Length + length, prefix, static (span, prefix) =>
        {
            prefix.CopyTo(span);
            RandomNumberGenerator.GetItems(Base62, span[prefix.Length..]);
        });

    /// <summary>A random UUID (version 4).</summary>
    public static string Uuid() => Guid.NewGuid().ToString();
}
