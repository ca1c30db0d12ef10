using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Signatures;

/// <summary>
/// A signature or encrypted reasoning of one vendor, wrapped for safekeeping by a client of another protocol. The token consists of letters and
/// digits and its length is a multiple of four, so that it survives JSON, both base64 alphabets and clients that decode and re-encode it as a blob.
/// Layout: marker, origin letter, use letter, family, separator, original, separator, filler. In family and original every character that is no
/// letter or digit, and the letter Z, is written as an escape that starts with Z.
/// </summary>
internal static class SignatureEnvelope
{
    private const byte Escape = (byte)'Z';
    private const byte Separator = (byte)'q';
    private const byte Hex = (byte)'x';

    // Characters of base64 in both alphabets, and of model names, get short escapes.
    private static ReadOnlySpan<byte> Frequent => "Z+/=-_."u8;

    private static ReadOnlySpan<byte> FrequentCodes => "Zpsemud"u8;

    /// <summary>What every token starts with.</summary>
    public static ReadOnlySpan<byte> Marker => "kx8Vw3Tq"u8;

    /// <summary>Whether <paramref name="text"/> is a token.</summary>
    public static bool Is(JsonText text) => text.Span.StartsWith(Marker);

    /// <summary>Appends the token for <paramref name="original"/>, which is empty for thinking that came without a signature.</summary>
    public static void Wrap(ProtocolId origin, SignatureUse use, string family, JsonText original, PooledBuffer output)
    {
        int start = output.Length;
        output.Write(Marker);
        output.Write((byte)('a' + (int)origin));
        output.Write((byte)('a' + (int)use));
        foreach (char character in family)
        {
            Write((byte)character, output);
        }

        output.Write(Escape);
        output.Write(Separator);
        foreach (byte value in original.Span)
        {
            Write(value, output);
        }

        output.Write(Escape);
        output.Write(Separator);
        while ((output.Length - start) % 4 != 0)
        {
            output.Write((byte)'A');
        }
    }

    /// <summary>
    /// Takes <paramref name="token"/> apart; the original is stored in <paramref name="arena"/>. False when it is none, or was damaged.
    /// </summary>
    public static bool TryUnwrap(JsonText token, IrArena arena, out ProtocolId origin, out SignatureUse use, out string family, out JsonText original)
    {
        origin = default;
        use = default;
        family = "";
        original = default;
        ReadOnlySpan<byte> rest = token.Span;
        if (!rest.StartsWith(Marker) || rest.Length < Marker.Length + 2)
        {
            return false;
        }

        origin = (ProtocolId)(rest[Marker.Length] - 'a');
        use = (SignatureUse)(rest[Marker.Length + 1] - 'a');
        rest = rest[(Marker.Length + 2)..];
        using var plain = new PooledBuffer(rest.Length + 1);
        if ((int)origin >= ProtocolTable.All.Length || use > SignatureUse.Hidden || !TryRead(ref rest, plain))
        {
            return false;
        }

        family = System.Text.Encoding.ASCII.GetString(plain.Span);
        plain.Clear();
        if (!TryRead(ref rest, plain))
        {
            return false;
        }

        original = plain.Length == 0 ? JsonText.Empty : arena.StoreText(plain.Span);
        return true;
    }

    private static void Write(byte value, PooledBuffer output)
    {
        if (char.IsAsciiLetterOrDigit((char)value) && value != Escape)
        {
            output.Write(value);
            return;
        }

        output.Write(Escape);
        int frequent = Frequent.IndexOf(value);
        if (frequent >= 0)
        {
            output.Write(FrequentCodes[frequent]);
            return;
        }

        output.Write(Hex);
        output.Write((byte)"0123456789abcdef"[value >> 4]);
        output.Write((byte)"0123456789abcdef"[value & 0xF]);
    }

    private static bool TryRead(ref ReadOnlySpan<byte> rest, PooledBuffer plain)
    {
        while (true)
        {
            int next = rest.IndexOf(Escape);
            if (next < 0 || next + 1 >= rest.Length)
            {
                return false;
            }

            plain.Write(rest[..next]);
            byte code = rest[next + 1];
            rest = rest[(next + 2)..];
            int frequent = FrequentCodes.IndexOf(code);
            if (code == Separator)
            {
                return true;
            }

            if (frequent >= 0)
            {
                plain.Write(Frequent[frequent]);
            }
            else if (code == Hex && rest.Length >= 2 && Convert.FromHexString(
                rest[..2], plain.GetSpan(1), out _, out _) == System.Buffers.OperationStatus.Done)
            {
                plain.Advance(1);
                rest = rest[2..];
            }
            else
            {
                return false;
            }
        }
    }
}
