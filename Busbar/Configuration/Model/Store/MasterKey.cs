using System.Buffers;
using System.Diagnostics;

namespace Busbar.Configuration.Model.Store;

/// <summary>The key that seals what is stored and must be read again: 32 bytes. Formatting it tells nothing.</summary>
[DebuggerDisplay("{ToString(),nq}")]
internal sealed class MasterKey
{
    /// <summary>Length in bytes.</summary>
    public const int Size = 32;

    private readonly byte[] _bytes;

    private MasterKey(byte[] bytes) => _bytes = bytes;

    /// <summary>The bytes. Ask for them only where they encrypt.</summary>
    public ReadOnlySpan<byte> Reveal() => _bytes;

    /// <summary>
    /// Reads 64 hexadecimal digits or 44 characters of Base64, white space around them aside; null when <paramref name="text"/> is neither.
    /// </summary>
    public static MasterKey? Parse(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        byte[] bytes = new byte[Size];
        bool isKey = text.Length == Size * 2
            ? Convert.FromHexString(text, bytes, out _, out _) == OperationStatus.Done
            : text.Length == 44 && Convert.TryFromBase64Chars(text, bytes, out int length) && length == Size;
        return isKey ? new MasterKey(bytes) : null;
    }

    /// <inheritdoc/>
    public override string ToString() => "(secret)";
}
