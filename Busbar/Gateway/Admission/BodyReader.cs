using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Memory;
using Busbar.Gateway.Server;
using Busbar.Wire;
using Busbar.Wire.Json;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Admission;

/// <summary>Reads a request body into one pooled buffer, within a cap.</summary>
internal static class BodyReader
{
    private const int FirstGuess = 4096;

    // A declared length costs the client nothing, so it buys no more than this before bytes arrive.
    private const long MaxUnproven = 64 * 1024;

    // Of a body that is really coming, in few steps: every step leaves an array behind.
    private const int TrustPerByte = 8;

    /// <summary>
    /// The whole body, unless it is larger than <paramref name="maxBytes"/>, declared or counted, or takes longer than <paramref name="maxTime"/> in
    /// all. Throws <see cref="BadHttpRequestException"/> when the client breaks the protocol, <see cref="OperationCanceledException"/> when it is
    /// gone, and <see cref="OverloadException"/> when there is no room for it.
    /// </summary>
    /// <param name="reader">The body as it arrives.</param>
    /// <param name="charged">Whose memory it is; null for nobody's.</param>
    /// <param name="contentLength">Its declared length; null when there is none.</param>
    /// <param name="maxBytes">Largest body.</param>
    /// <param name="maxTime">Longest time from now to the last byte.</param>
    /// <param name="timer">Measures it, and nothing else meanwhile; under way already where there is a <paramref name="hold"/>.</param>
    /// <param name="clientGone">Fires when the client is gone.</param>
    /// <param name="hold">What bounds bodies of unproven senders; null for one who is proven.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<BodyRead> ReadAsync(
        PipeReader reader,
        Exchange? charged,
        long? contentLength,
        long maxBytes,
        TimeSpan maxTime,
        CallTimer timer,
        CancellationToken clientGone,
        UnprovenBodies.Hold? hold = null)
    {
        if (contentLength > maxBytes)
        {
            return new BodyRead(BodyEnd.TooLarge);
        }

        // What a proven caller declares is charged at once; what others send, or what comes in chunks, as it comes.
        long declared = charged is { Caller.Signed: null } ? contentLength ?? 0 : 0;
        await ChargeAsync(charged, declared, clientGone).ConfigureAwait(false);
        var body = new PooledBuffer((int)Math.Min(contentLength ?? FirstGuess, MaxUnproven) + 1);
        bool isTimed = hold is not null;
        try
        {
            while (true)
            {
                // What came along with the headers needs no clock.
                if (!reader.TryRead(out ReadResult result))
                {
                    if (!isTimed)
                    {
                        isTimed = true;
                        timer.Start(maxTime, clientGone);
                    }

                    if (hold is null && contentLength is { } whole)
                    {
                        BlockPool.Expect(whole - body.Length);
                    }

                    result = await reader.ReadAsync(timer.Token).ConfigureAwait(false);
                }

                int arrived = checked((int)result.Buffer.Length);
                if (body.FreeCapacity < arrived)
                {
                    int room = RoomFor(body.Length, arrived, contentLength ?? 0);
                    await ChargeAsync(charged, body.Length + room - (charged?.BodyCharge ?? 0), clientGone).ConfigureAwait(false);
                    if (hold?.TryGrow(body.Length + room) == false)
                    {
                        reader.AdvanceTo(result.Buffer.End);
                        body.Dispose();
                        return new BodyRead(BodyEnd.Displaced);
                    }

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
                    return new BodyRead(BodyEnd.TooLarge);
                }

                if (result.IsCompleted)
                {
                    if (isTimed)
                    {
                        timer.Disarm();
                    }

                    return new BodyRead(BodyEnd.Whole, body);
                }
            }
        }
        catch (OperationCanceledException) when (isTimed && timer.HasFired && !clientGone.IsCancellationRequested)
        {
            body.Dispose();
            return new BodyRead(hold is { IsDisplaced: true } ? BodyEnd.Displaced : BodyEnd.TooSlow);
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
