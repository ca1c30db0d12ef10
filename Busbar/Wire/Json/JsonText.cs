using System.Runtime.InteropServices;
using System.Text;

namespace Busbar.Wire.Json;

/// <summary>
/// A JSON string as it stands on the wire: UTF-8, still escaped, without its quotes. Both ends of a translation are JSON, so
/// text is moved in this form and decoded only where its characters matter. <c>default</c> is an absent string, which
/// differs from an empty one.
/// </summary>
internal readonly struct JsonText : IEquatable<JsonText>
{
    // What a present string of no characters points at: memory that points at nothing is an absent one.
    private static readonly ReadOnlyMemory<byte> Nothing = new byte[1].AsMemory(0, 0);

    /// <summary>Wraps the bytes between the quotes of a valid JSON string. The memory must outlive the value.</summary>
    public JsonText(ReadOnlyMemory<byte> escaped) => Escaped = escaped.IsEmpty ? Nothing : escaped;

    /// <summary>A present string of no characters.</summary>
    public static JsonText Empty { get; } = new(ReadOnlyMemory<byte>.Empty);

    /// <summary>The escaped UTF-8, without quotes.</summary>
    public ReadOnlyMemory<byte> Escaped { get; }

    /// <summary>The escaped UTF-8, without quotes.</summary>
    public ReadOnlySpan<byte> Span => Escaped.Span;

    /// <summary>True when there is no string at all (as opposed to an empty one).</summary>
    public bool IsAbsent => Escaped.IsEmpty && Escaped.Equals(default);

    /// <summary>True when absent or without characters.</summary>
    public bool IsNullOrEmpty => Escaped.IsEmpty;

    /// <summary>True when at least one character is written as an escape, so that the raw bytes are not the plain text.</summary>
    public bool HasEscapes => Span.Contains((byte)'\\');

    /// <summary>Escapes <paramref name="value"/>; an unpaired surrogate becomes U+FFFD. Allocates; for constants and cold paths.</summary>
    public static JsonText From(string? value) =>
        value is null ? default : FromUtf8(Encoding.UTF8.GetBytes(value));

    /// <summary>Escapes plain UTF-8. Allocates; for constants and cold paths.</summary>
    public static JsonText FromUtf8(ReadOnlySpan<byte> plain)
    {
        using var buffer = new PooledBuffer(plain.Length + 16);
        JsonEscaping.Escape(plain, buffer);
        return new(buffer.Span.ToArray());
    }

    /// <summary>True when the decoded text equals <paramref name="plain"/>, which must hold no character that JSON needs escaped.</summary>
    public bool Is(ReadOnlySpan<byte> plain)
    {
        // An escape makes text longer, by a factor of six at most, so most comparisons end with the lengths.
        int length = Escaped.Length;
        if (length == plain.Length)
        {
            return !IsAbsent && Span.SequenceEqual(plain);
        }

        if (length < plain.Length || length > plain.Length * 6 || !HasEscapes)
        {
            return false;
        }

        using var buffer = new PooledBuffer(length);
        JsonEscaping.Unescape(Span, buffer);
        return buffer.Span.SequenceEqual(plain);
    }

    /// <summary>Equality of the decoded text; absent equals only absent.</summary>
    public bool Equals(JsonText other)
    {
        if (Escaped.IsEmpty || other.Escaped.IsEmpty)
        {
            return Escaped.Length == other.Escaped.Length && IsAbsent == other.IsAbsent;
        }

        if (Span.SequenceEqual(other.Span))
        {
            return true;
        }

        return (HasEscapes || other.HasEscapes) && ToString() == other.ToString();
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is JsonText other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        // Keyed, as that of strings: names come from strangers.
        if (!HasEscapes)
        {
            return Hash(Span);
        }

        using var buffer = new PooledBuffer(Escaped.Length);
        JsonEscaping.Unescape(Span, buffer);
        return Hash(buffer.Span);
    }

    /// <summary>The decoded text; empty when absent. Unpaired surrogates become U+FFFD. Allocates.</summary>
    public override string ToString()
    {
        if (!HasEscapes)
        {
            return Encoding.UTF8.GetString(Span);
        }

        using var buffer = new PooledBuffer(Escaped.Length);
        JsonEscaping.Unescape(Span, buffer);
        return Encoding.UTF8.GetString(buffer.Span);
    }

    private static int Hash(ReadOnlySpan<byte> plain)
    {
        // Bounds: Cast leaves an odd last byte out, which is taken by its index.
        int hash = string.GetHashCode(MemoryMarshal.Cast<byte, char>(plain));
        return plain.Length % 2 == 0 ? hash : HashCode.Combine(hash, plain[^1]);
    }

    /// <summary>The part of the escaped text in <paramref name="range"/>. The caller must not cut through an escape.</summary>
    public JsonText this[Range range] => new(Escaped[range]);
}
