using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Text.Unicode;

namespace Busbar.Wire.Json;

/// <summary>
/// Proves that strings are UTF-8 (RFC 3629), 16 bytes at a time: "Validating UTF-8 In Less Than One Instruction Per Byte", Keiser and Lemire, 2020.
/// Three look-ups by half a byte each tell what two neighbours may not be; one bit stands for one way to be wrong.
/// </summary>
internal static class Utf8Proof
{
    private const int Width = 16;

    // How far back a byte can be that says what this one has to be.
    private const int Before = 3;

    // One accent in a line of code is few, every other letter is not.
    private const int Sparse = 16;

    private const byte TooShort = 1;
    private const byte TooLong = 2;
    private const byte OverlongOf3 = 4;
    private const byte TooLarge = 8;
    private const byte Surrogate = 16;
    private const byte OverlongOf2 = 32;
    private const byte TooLargeOrOverlongOf4 = 64;
    private const byte TwoContinuations = 128;
    private const byte Any = TooShort | TooLong | TwoContinuations;

    /// <summary>
    /// Whether the bytes of a JSON string are UTF-8. What stands outside of strings in front of it has to be ASCII, as it is in JSON; if something
    /// behind the string is no UTF-8, the answer may be no as well.
    /// </summary>
    /// <param name="text">The document.</param>
    /// <param name="from">Behind the opening quote.</param>
    /// <param name="to">At the closing quote.</param>
    /// <param name="foreign">Of how many bytes, at least, one or a neighbour 16 bytes away is not ASCII. Where few are, the framework is faster.</param>
    public static bool Holds(ReadOnlySpan<byte> text, int from, int to, int foreign = int.MaxValue)
    {
        if (from < Before || to - from < Width || foreign < (to - from) / Sparse)
        {
            return Utf8.IsValid(text[from..to]);
        }

        // The closing quote is looked at too: it ends a sequence that is not whole.
        Vector128<byte> errors = default;
        int at = from;
        for (; at <= to && at + Width <= text.Length; at += Width)
        {
            errors |= Errors(text[(at - Before)..]);
        }

        if (at <= to)
        {
            Span<byte> padded = stackalloc byte[Before + Width];
            padded.Clear();
            text[(at - Before)..].CopyTo(padded);
            errors |= Errors(padded);
        }

        return errors == default;
    }

    // What is wrong with the bytes behind the first three.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Errors(ReadOnlySpan<byte> text)
    {
        text = text[..(Before + Width)];
        var third = Vector128.Create(text);
        var bytes = Vector128.Create(text[Before..]);
        if ((third | bytes).ExtractMostSignificantBits() == 0)
        {
            return default;
        }

        var second = Vector128.Create(text[1..]);
        var first = Vector128.Create(text[2..]);
        Vector128<byte> wrong = Vector128.ShuffleNative(ByHighOfFirst, first >>> 4)
            & Vector128.ShuffleNative(ByLowOfFirst, first & Vector128.Create((byte)0x0F))
            & Vector128.ShuffleNative(ByHighOfSecond, bytes >>> 4);

        // Two continuations in a row are right exactly where a sequence of three or four bytes began before them.
        Vector128<byte> wanted = Vector128.SubtractSaturate(second, Vector128.Create((byte)(0xE0 - 0x80)))
            | Vector128.SubtractSaturate(third, Vector128.Create((byte)(0xF0 - 0x80)));
        return wrong ^ (wanted & Vector128.Create(TwoContinuations));
    }

    private static Vector128<byte> ByHighOfFirst => Vector128.Create(
        TooLong, TooLong, TooLong, TooLong, TooLong, TooLong, TooLong, TooLong,
        TwoContinuations, TwoContinuations, TwoContinuations, TwoContinuations,
        TooShort | OverlongOf2,
        TooShort,
        TooShort | OverlongOf3 | Surrogate,
        TooShort | TooLarge | TooLargeOrOverlongOf4);

    private static Vector128<byte> ByLowOfFirst => Vector128.Create(
        Any | OverlongOf2 | OverlongOf3 | TooLargeOrOverlongOf4,
        Any | OverlongOf2,
        Any,
        Any,
        Any | TooLarge,
        Any | TooLarge | TooLargeOrOverlongOf4,
        Any | TooLarge | TooLargeOrOverlongOf4,
        Any | TooLarge | TooLargeOrOverlongOf4,
        Any | TooLarge | TooLargeOrOverlongOf4,
        Any | TooLarge | TooLargeOrOverlongOf4,
        Any | TooLarge | TooLargeOrOverlongOf4,
        Any | TooLarge | TooLargeOrOverlongOf4,
        Any | TooLarge | TooLargeOrOverlongOf4,
        Any | TooLarge | TooLargeOrOverlongOf4 | Surrogate,
        Any | TooLarge | TooLargeOrOverlongOf4,
        Any | TooLarge | TooLargeOrOverlongOf4);

    private static Vector128<byte> ByHighOfSecond => Vector128.Create(
        TooShort, TooShort, TooShort, TooShort, TooShort, TooShort, TooShort, TooShort,
        TooLong | TwoContinuations | OverlongOf2 | OverlongOf3 | TooLargeOrOverlongOf4,
        TooLong | TwoContinuations | OverlongOf2 | OverlongOf3 | TooLarge,
        TooLong | TwoContinuations | OverlongOf2 | Surrogate | TooLarge,
        TooLong | TwoContinuations | OverlongOf2 | Surrogate | TooLarge,
        TooShort, TooShort, TooShort, TooShort);
}
