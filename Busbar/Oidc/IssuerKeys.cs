using System.Collections.Frozen;
using Busbar.Wire.Json;

namespace Busbar.Oidc;

/// <summary>The public keys of an issuer at one time. Immutable.</summary>
internal sealed class IssuerKeys
{
    /// <summary>Most keys of a set that are looked at.</summary>
    public const int MaxKeys = 100;

    private readonly FrozenDictionary<string, VerificationKey[]> _keys;

    private IssuerKeys(IEnumerable<VerificationKey> keys) =>
        _keys = keys.GroupBy(key => key.Id, StringComparer.Ordinal)
            .ToFrozenDictionary(group => group.Key, group => group.ToArray(), StringComparer.Ordinal);

    /// <summary>Number of names.</summary>
    public int Count => _keys.Count;

    /// <summary>Reads a JWK set; null when <paramref name="json"/> is none, or has no key that can check signatures.</summary>
    public static IssuerKeys? Read(ReadOnlyMemory<byte> json)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(json) || !tape.Root["keys"u8].IsArray)
        {
            return null;
        }

        List<VerificationKey> keys = [];
        int seen = 0;
        foreach (JsonNode item in tape.Root["keys"u8].Items)
        {
            if (seen++ == MaxKeys)
            {
                break;
            }

            if (VerificationKey.Read(item) is { } key)
            {
                keys.Add(key);
            }
        }

        return keys.Count > 0 ? new IssuerKeys(keys) : null;
    }

    /// <summary>The key called <paramref name="id"/> that fits <paramref name="algorithm"/>; null when there is none.</summary>
    public VerificationKey? Find(string id, string algorithm) => _keys.TryGetValue(id, out VerificationKey[]? keys)
        ? Array.Find(keys, key => key.Fits(algorithm)) : null;
}
