using System.Security.Cryptography;
using System.Text;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;

namespace Busbar.Governance.Keys;

/// <summary>
/// Encrypts what must be read again: AES-256-GCM under the master key. Sealed bytes are a version, a random nonce, the tag and the ciphertext. The
/// ids of the virtual key and of the access key are authenticated with them, so that a sealed secret opens in its own place only.
/// </summary>
internal sealed class SecretBox(MasterKey key)
{
    private const byte Version = 1;
    private const int NonceSize = 12;
    private const int TagSize = 16;
    private const int Head = 1 + NonceSize + TagSize;

    /// <summary>The box of a configuration; null when it has no master key.</summary>
    public static SecretBox? Of(GovernanceConfig config) => config.MasterKey is { } key ? new SecretBox(key) : null;

    /// <summary>Seals the secret of access key <paramref name="accessKeyId"/>, which belongs to the virtual key <paramref name="keyId"/>.</summary>
    public AccessKeyPair Seal(string keyId, string accessKeyId, Secret secret)
    {
        byte[] plain = Encoding.UTF8.GetBytes(secret.Reveal());
        byte[] sealedSecret = new byte[Head + plain.Length];
        sealedSecret[0] = Version;
        Span<byte> nonce = sealedSecret.AsSpan(1, NonceSize);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(key.Reveal(), TagSize);
        cipher.Encrypt(nonce, plain, sealedSecret.AsSpan(Head), sealedSecret.AsSpan(1 + NonceSize, TagSize), Context(keyId, accessKeyId));
        CryptographicOperations.ZeroMemory(plain);
        return new AccessKeyPair(accessKeyId, sealedSecret);
    }

    /// <summary>
    /// The secret of <paramref name="pair"/>, which belongs to the virtual key <paramref name="keyId"/>; null when it was sealed under another master
    /// key, for another key, or is damaged.
    /// </summary>
    public Secret? Open(string keyId, AccessKeyPair pair)
    {
        ReadOnlySpan<byte> sealedSecret = pair.SealedSecret;
        if (sealedSecret.Length < Head || sealedSecret[0] != Version)
        {
            return null;
        }

        byte[] plain = new byte[sealedSecret.Length - Head];
        try
        {
            using var cipher = new AesGcm(key.Reveal(), TagSize);
            cipher.Decrypt(sealedSecret.Slice(1, NonceSize), sealedSecret[Head..], sealedSecret.Slice(1 + NonceSize, TagSize), plain,
                Context(keyId, pair.Id));
            return new Secret(Encoding.UTF8.GetString(plain));
        }
        catch (AuthenticationTagMismatchException)
        {
            return null;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(plain);
        }
    }

    private static byte[] Context(string keyId, string accessKeyId) => Encoding.UTF8.GetBytes($"{keyId}\n{accessKeyId}");
}
