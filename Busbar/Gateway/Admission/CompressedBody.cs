using System.IO.Compression;
using System.Runtime.InteropServices;
using Busbar.Gateway.Attempts;
using Busbar.Ir;
using Busbar.Upstream.Credentials;
using Busbar.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Busbar.Gateway.Admission;

/// <summary>
/// Request bodies that came compressed (RFC 9110, 8.4), as Codex sends them: inflated here within the same cap, because they are read here, and
/// because providers differ in what they take. What goes up is plain.
/// </summary>
internal static class CompressedBody
{
    /// <summary>The codings that are understood, as a 415 lists them (RFC 9110, 15.5.16).</summary>
    public const string Codings = "gzip, deflate, br, zstd";

    private const int Step = 32 * 1024;

    /// <summary>Whether <paramref name="header"/>, a request's <c>Content-Encoding</c>, names any coding at all.</summary>
    public static bool IsCompressed(StringValues header) =>
        header.Count > 0 && !(header.Count == 1 && (header[0] is not { Length: > 0 } coding
            || coding.Trim().Equals("identity", StringComparison.OrdinalIgnoreCase)));

    /// <summary>What to tell a client whose body cannot be inflated, before it is read; null when it can.</summary>
    public static GatewayError? Objection(Exchange exchange)
    {
        StringValues header = exchange.RequestHeaders.ContentEncoding;
        if (CodingOf(header) is not Coding.Unknown)
        {
            // Such a signature covers the bytes as they came, and goes up as it is.
            return exchange.Caller.Credential.Carrier != CredentialCarrier.Signature
                ? null
                : new GatewayError(ErrorKind.InvalidRequest, "A signed request body must be sent uncompressed.",
                    StatusCodes.Status415UnsupportedMediaType);
        }

        exchange.ResponseHeaders.AcceptEncoding = Codings;
        return new GatewayError(
            ErrorKind.InvalidRequest, $"Unsupported Content-Encoding: send the request body uncompressed, or in one of {Codings}.",
            StatusCodes.Status415UnsupportedMediaType);
    }

    /// <summary>
    /// Replaces the body of <paramref name="exchange"/> by what it is when inflated. Null on success; otherwise what to tell the client.
    /// </summary>
    public static async ValueTask<GatewayError?> InflateAsync(Exchange exchange)
    {
        PooledBuffer packed = exchange.Body!;
        long max = exchange.Snapshot.Config.Limits.RequestBodyMaxBytes;
        int first = Math.Max(packed.Length, Step);
        exchange.BodyCharge += first;
        await exchange.Memory.TakeAsync(first, exchange.ClientGone).ConfigureAwait(false);
        var plain = new PooledBuffer(first);
        try
        {
            // Bounds: offset and count come with the array, from a buffer that always lies in one; the stream keeps to them.
            MemoryMarshal.TryGetArray(packed.Memory, out ArraySegment<byte> bytes);
            using var source = new MemoryStream(bytes.Array!, bytes.Offset, bytes.Count, writable: false);
            using Stream decoder = Decoder(CodingOf(exchange.RequestHeaders.ContentEncoding), source);
            while (true)
            {
                if (plain.FreeCapacity < Step)
                {
                    long more = Math.Max(plain.Length, Step);
                    exchange.BodyCharge += more;
                    await exchange.Memory.TakeAsync(more, exchange.ClientGone).ConfigureAwait(false);
                }

                await exchange.Work.TakeAsync(exchange, plain.Length).ConfigureAwait(false);
                int read = decoder.Read(plain.GetSpan(Step)[..Step]);
                if (read == 0)
                {
                    break;
                }

                plain.Advance(read);
                if (plain.Length > max)
                {
                    plain.Dispose();
                    return new GatewayError(ErrorKind.TooLarge);
                }
            }
        }
        catch (Exception exception) when (exception is InvalidDataException or InvalidOperationException or EndOfStreamException
            or ZstdSharp.ZstdException)
        {
            plain.Dispose();
            return new GatewayError(ErrorKind.InvalidRequest, "The request body is not in the coding that its Content-Encoding names.");
        }
        catch
        {
            plain.Dispose();
            throw;
        }

        exchange.Body = plain;
        exchange.BodyLength = plain.Length;
        packed.Dispose();
        return null;
    }

    // One coding only: nobody compresses twice but to make work.
    private static Coding CodingOf(StringValues header) => header.Count != 1 ? Coding.Unknown : header[0]!.Trim().ToLowerInvariant() switch
    {
        "gzip" or "x-gzip" => Coding.Gzip,
        "deflate" => Coding.Deflate,
        "br" => Coding.Brotli,
        "zstd" => Coding.Zstd,
        _ => Coding.Unknown,
    };

    private static Stream Decoder(Coding coding, Stream source) => coding switch
    {
        Coding.Gzip => new GZipStream(source, CompressionMode.Decompress),
        Coding.Deflate => new ZLibStream(source, CompressionMode.Decompress),
        Coding.Brotli => new BrotliStream(source, CompressionMode.Decompress),
        _ => new ZstdSharp.DecompressionStream(source),
    };

    private enum Coding : byte
    {
        Unknown,
        Gzip,
        Deflate,
        Brotli,
        Zstd,
    }
}
