using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Busbar.Observability.Metrics;

namespace Busbar.Gateway.Server;

/// <summary>
/// Writing to a client, which may read slowly or not at all. Whoever writes here waits as long as the client goes on taking something; one that takes
/// nothing for <c>limits.client_stall_timeout_secs</c> is cut off, which looks like a client that left.
/// </summary>
internal static class ClientOutput
{
    // What is written at once is what a client must take within the time; more would wait for all of it.
    private const int MaxPiece = 64 * 1024;

    /// <summary>Sends what was written; false when the client is gone.</summary>
    public static ValueTask<bool> FlushAsync(Exchange exchange) => TakenAsync(exchange, exchange.Output.FlushAsync(CancellationToken.None));

    /// <summary>Writes and sends <paramref name="bytes"/>; false when the client is gone.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<bool> WriteAsync(Exchange exchange, ReadOnlyMemory<byte> bytes)
    {
        while (true)
        {
            ReadOnlyMemory<byte> piece = bytes.Length > MaxPiece ? bytes[..MaxPiece] : bytes;
            if (!await TakenAsync(exchange, exchange.Output.WriteAsync(piece, CancellationToken.None)).ConfigureAwait(false))
            {
                return false;
            }

            bytes = bytes[piece.Length..];
            if (bytes.IsEmpty)
            {
                return true;
            }
        }
    }

    private static ValueTask<bool> TakenAsync(Exchange exchange, ValueTask<FlushResult> flush) =>
        flush.IsCompletedSuccessfully
            ? ValueTask.FromResult(!flush.Result.IsCompleted && !exchange.ClientGone.IsCancellationRequested)
            : WaitAsync(exchange, flush);

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private static async ValueTask<bool> WaitAsync(Exchange exchange, ValueTask<FlushResult> flush)
    {
        exchange.Stall.Arm(exchange.Features, TimeSpan.FromSeconds(exchange.Snapshot.Config.Limits.ClientStallTimeoutSecs));
        try
        {
            FlushResult result = await flush.ConfigureAwait(false);
            return !result.IsCompleted && !exchange.ClientGone.IsCancellationRequested;
        }
        finally
        {
            if (!exchange.Stall.Disarm())
            {
                exchange.Outcome = Outcome.ClientError;
            }
        }
    }
}
