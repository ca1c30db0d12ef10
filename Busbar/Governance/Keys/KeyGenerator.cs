using System.Security.Cryptography;
using Busbar.Configuration.Model;

namespace Busbar.Governance.Keys;

/// <summary>Makes secrets and ids out of randomness.</summary>
/// <param name="fill">Fills a span with bytes fit for secrets, or throws.</param>
internal sealed class KeyGenerator(Action<Span<byte>> fill)
{
    /// <summary>What every secret begins with.</summary>
    public const string Prefix = "sk-bb-";

    private const string AccessKeyPrefix = "AKBB";
    private const string AccessKeyAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

    /// <summary>Draws from the operating system.</summary>
    public static KeyGenerator System { get; } = new(RandomNumberGenerator.Fill);

    /// <summary>A key's secret: <see cref="Prefix"/> and 32 random bytes in lower-case hexadecimal.</summary>
    public Secret NewSecret() => new(Prefix + Convert.ToHexStringLower(Draw(32)));

    /// <summary>An access key id: <c>AKBB</c> and 80 random bits, as 16 letters and digits.</summary>
    public string NewAccessKeyId() => string.Create(AccessKeyPrefix.Length + 16, Draw(16), static (text, bytes) =>
    {
        AccessKeyPrefix.CopyTo(text);
        for (int index = 0; index < bytes.Length; index++)
        {
            text[AccessKeyPrefix.Length + index] = AccessKeyAlphabet[bytes[index] % AccessKeyAlphabet.Length];
        }
    });

    /// <summary>A secret access key: 240 random bits, as 40 characters.</summary>
    public Secret NewAccessKeySecret() => new(Convert.ToBase64String(Draw(30)));

    // Zeros are what a source leaves behind that filled nothing; no secret is better than a known one.
    private byte[] Draw(int count)
    {
        byte[] bytes = new byte[count];
        fill(bytes);
        return bytes.AsSpan().ContainsAnyExcept((byte)0) ? bytes : throw new CryptographicException("the source of randomness gave nothing");
    }
}
