using System.IO.Compression;

namespace Busbar.Upstream;

/// <summary>
/// An answer whose body is compressed although none was asked for, read as if it were not. Decoding is bounded: a body that grows out of all
/// proportion breaks off.
/// </summary>
internal sealed class DecodedResponse : UpstreamResponse
{
    // Text of models shrinks to a tenth at most; what repeats itself for ever shrinks to a thousandth.
    private const int MaxRatio = 256;
    private const int AlwaysAllowed = 1024 * 1024;

    private readonly UpstreamResponse _inner;
    private readonly EncodedBody _encoded;
    private readonly Stream _decoder;
    private long _decoded;

    private DecodedResponse(UpstreamResponse inner, EncodedBody encoded, Stream decoder)
        : base(inner.Status, inner.Head)
    {
        _inner = inner;
        _encoded = encoded;
        _decoder = decoder;
    }

    /// <summary>Whether the body of <paramref name="response"/> is in any coding.</summary>
    public static bool IsEncoded(UpstreamResponse response) =>
        response.Head.TryGet("Content-Encoding", out ReadOnlySpan<char> coding) && !coding.IsEmpty
            && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase);

    /// <summary><paramref name="response"/> itself when its body is not compressed, or in a coding that is not known here.</summary>
    public static UpstreamResponse For(UpstreamResponse response)
    {
        if (!IsEncoded(response))
        {
            return response;
        }

        var encoded = new EncodedBody(response);
        Stream? decoder = response.Head.Get("Content-Encoding")!.ToLowerInvariant() switch
        {
            "gzip" or "x-gzip" => new GZipStream(encoded, CompressionMode.Decompress),
            "br" => new BrotliStream(encoded, CompressionMode.Decompress),
            "deflate" => new ZLibStream(encoded, CompressionMode.Decompress),
            "zstd" => new ZstdSharp.DecompressionStream(encoded),
            _ => null,
        };
        return decoder is null ? response : new DecodedResponse(response, encoded, decoder);
    }

    /// <inheritdoc/>
    public override async ValueTask<int> ReadAsync(Memory<byte> room, CancellationToken cancellation)
    {
        int read;
        try
        {
            read = await _decoder.ReadAsync(room, cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or ZstdSharp.ZstdException)
        {
            throw new IOException("The body is not in the coding that its header names.", exception);
        }

        _decoded += read;
        return _decoded <= AlwaysAllowed + (_encoded.Count * MaxRatio) ? read : throw new IOException("The body grows too much when decoded.");
    }

    /// <summary>Ends at once: what has arrived may be decoded in several pieces.</summary>
    public override ValueTask<int> WaitAsync(CancellationToken cancellation) => ValueTask.FromResult(0);

    /// <inheritdoc/>
    public override void Dispose()
    {
        _decoder.Dispose();
        _inner.Dispose();
    }

    // The body as it arrives, for a decoder to read.
    private sealed class EncodedBody(UpstreamResponse response) : Stream
    {
        /// <summary>Bytes read so far.</summary>
        public long Count { get; private set; }

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int read = await response.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            Count += read;
            return read;
        }

        public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
            ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
