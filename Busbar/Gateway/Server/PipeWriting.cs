using System.IO.Pipelines;

namespace Busbar.Gateway.Server;

/// <summary>Copying into a response pipe.</summary>
internal static class PipeWriting
{
    private const int MaxAtOnce = 4096;

    /// <summary>
    /// Appends <paramref name="bytes"/> without flushing. The general extension asks for a span of any size, and Kestrel answers with an empty one
    /// before the response has started; asking for a size avoids that.
    /// </summary>
    public static void Append(this PipeWriter writer, ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            Span<byte> room = writer.GetSpan(Math.Min(bytes.Length, MaxAtOnce));
            int count = Math.Min(room.Length, bytes.Length);
            bytes[..count].CopyTo(room);
            writer.Advance(count);
            bytes = bytes[count..];
        }
    }
}
