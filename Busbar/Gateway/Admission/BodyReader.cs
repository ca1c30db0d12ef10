using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Busbar.Gateway.Memory;
using Busbar.Wire;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Admission;

/// <summary>Reads a request body into one pooled buffer, within a cap.</summary>
internal static class BodyReader
{
    private const int FirstGuess = 4096;

    // A declared length costs the client nothing, so it buys no more than this before bytes arrive.
    private const long MostOnTrust = 64 * 1024;

    // Of a body that is really coming, in few steps: every step leaves an array behind.
    private const int TrustPerByte = 8;

    /// <summary>
    /// The whole body, or null when it is larger than <paramref name="maxBytes"/>, declared or counted. Throws
    /// <see cref="BadHttpRequestException"/> when the client sends too slowly or breaks the protocol, <see cref="MemoryExhaustedException"/> when there is no room.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<PooledBuffer?> ReadAsync(PipeReader reader, Exchange? charged, long? contentLength, long maxBytes, CancellationToken cancellation)
    {
        if (contentLength > maxBytes)
        {
            return null;
        }

        // What a proven caller declares is charged at once; what others send, or what comes in chunks, as it comes.
        long declared = charged is { Caller.IsSigned: false } ? contentLength ?? 0 : 0;
        await ChargeAsync(charged, declared, cancellation).ConfigureAwait(false);
        var body = new PooledBuffer((int)Math.Min(contentLength ?? FirstGuess, MostOnTrust) + 1);
        try
        {
            while (true)
            {
                ReadResult result = await reader.ReadAsync(cancellation).ConfigureAwait(false);
                int arrived = checked((int)result.Buffer.Length);
                if (body.FreeCapacity < arrived)
                {
                    int room = RoomFor(body.Length, arrived, contentLength ?? 0);
                    await ChargeAsync(charged, body.Length + room - (charged?.BodyCharge ?? 0), cancellation).ConfigureAwait(false);
                    body.GetSpan(room);
                }

                foreach (ReadOnlyMemory<byte> piece in result.Buffer)
                {
                    body.Write(piece.Span);
                }

                reader.AdvanceTo(result.Buffer.End);
                if (body.Length > maxBytes)
                {
                    body.Dispose();
                    return null;
                }

                if (result.IsCompleted)
                {
                    return body;
                }
            }
        }
        catch (IOException exception) when (exception.InnerException is OverflowException)
        {
            // A chunk of more bytes than there are numbers: the one breach of the protocol for which Kestrel has no exception of its own.
            body.Dispose();
            throw new BadHttpRequestException(exception.Message, StatusCodes.Status400BadRequest, exception);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static ValueTask ChargeAsync(Exchange? charged, long bytes, CancellationToken cancellation)
    {
        if (charged is null || bytes <= 0)
        {
            return default;
        }

        charged.BodyCharge += bytes;
        return charged.Memory.TakeAsync(bytes, cancellation);
    }

    // For what has arrived beyond the bytes held, and for all that is declared once the trust is good for half of it: no step is worth taking then.
    private static int RoomFor(int held, int arrived, long declared)
    {
        long trusted = (long)TrustPerByte * (held + arrived);
        long whole = trusted >= declared / 2 ? declared : trusted;
        return (int)Math.Max(whole - held, arrived);
    }
}
