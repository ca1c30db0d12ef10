using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation;

/// <summary>
/// A signature or encrypted reasoning of one vendor, wrapped for safekeeping by a client of another dialect. The token consists of letters and digits and
/// its length is a multiple of four, so that it survives JSON, both base64 alphabets and clients that decode and re-encode it as a blob.
/// Layout: marker, origin letter, use letter, model family, separator, original, separator, filler; every character of the family and the original that
/// is no letter or digit, and the letter Z, is written as an escape that starts with Z.
/// </summary>
internal static class SignatureEnvelope
{
    /// <summary>What every token starts with.</summary>
    public static ReadOnlySpan<byte> Marker => "kx8Vw3Tq"u8;

    /// <summary>Whether <paramref name="body"/> carries a token anywhere. One vectorised scan.</summary>
    public static bool Contains(ReadOnlySpan<byte> body) => body.IndexOf(Marker) >= 0;
}
