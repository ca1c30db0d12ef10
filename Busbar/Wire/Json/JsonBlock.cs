using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Busbar.Wire.Json;

/// <summary>Finds what matters to a string in 64 bytes of JSON text at once: one bit for each byte, the first lowest.</summary>
internal static class JsonBlock
{
    /// <summary>Bytes of a block.</summary>
    public const int Length = 64;

    private const byte HighestControl = 0x1F;

    /// <summary>Where what ends or interrupts a string is in the first 64 bytes of <paramref name="text"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Marks Of(ReadOnlySpan<byte> text)
    {
        text = text[..Length];
        var first = Vector128.Create(text);
        var second = Vector128.Create(text[16..]);
        var third = Vector128.Create(text[32..]);
        var fourth = Vector128.Create(text[48..]);
        var highest = Vector128.Create(HighestControl);
        return new Marks
        {
            Quotes = Equal(first, second, third, fourth, (byte)'"'),
            Slashes = Equal(first, second, third, fourth, (byte)'\\'),
            Controls = Bits(
                Vector128.Equals(Vector128.Min(first, highest), first),
                Vector128.Equals(Vector128.Min(second, highest), second),
                Vector128.Equals(Vector128.Min(third, highest), third),
                Vector128.Equals(Vector128.Min(fourth, highest), fourth)),
            NonAscii = (first | second | third | fourth).ExtractMostSignificantBits(),
        };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Equal(Vector128<byte> first, Vector128<byte> second, Vector128<byte> third, Vector128<byte> fourth, byte value)
    {
        var wanted = Vector128.Create(value);
        return Bits(Vector128.Equals(first, wanted), Vector128.Equals(second, wanted), Vector128.Equals(third, wanted),
            Vector128.Equals(fourth, wanted));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static ulong Bits(Vector128<byte> first, Vector128<byte> second, Vector128<byte> third, Vector128<byte> fourth) =>
        first.ExtractMostSignificantBits() | ((ulong)second.ExtractMostSignificantBits() << 16)
        | ((ulong)third.ExtractMostSignificantBits() << 32) | ((ulong)fourth.ExtractMostSignificantBits() << 48);

    /// <summary>Where the bytes are that matter to a string.</summary>
    public struct Marks
    {
        /// <summary>Quotation marks.</summary>
        public ulong Quotes;

        /// <summary>Backslashes.</summary>
        public ulong Slashes;

        /// <summary>Control characters, which JSON wants escaped.</summary>
        public ulong Controls;

        /// <summary>Not zero when any byte is not ASCII; which one is not said.</summary>
        public ulong NonAscii;
    }
}
