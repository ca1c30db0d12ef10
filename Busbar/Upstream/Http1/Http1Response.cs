using System.Runtime.CompilerServices;

namespace Busbar.Upstream.Http1;

/// <summary>An answer over HTTP/1.1, and the hold on its connection.</summary>
/// <param name="head">Status and headers.</param>
/// <param name="connection">Where the body comes from.</param>
/// <param name="owner">Takes the connection back.</param>
/// <param name="framing">Where the body ends.</param>
/// <param name="isReusable">Whether the connection may outlive the answer.</param>
/// <param name="isSent">Whether the whole request was sent before the answer came.</param>
/// <param name="sending">The sending that was still going on then; true when it came to its end.</param>
internal sealed class Http1Response(
    Http1Head head, Http1Connection connection, Http1Transport owner, BodyFraming framing, bool isReusable, bool isSent, Task<bool>? sending)
    : UpstreamResponse(head.Status, head.Lines)
{
    private BodyFraming _framing = framing;
    private Http1Connection? _connection = connection;
    private bool _isBroken;

    /// <inheritdoc/>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public override async ValueTask<int> ReadAsync(Memory<byte> room, CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_connection is null, this);

        // Bytes of the framing alone are not worth a return.
        int count = 0;
        while (count == 0 && !_framing.IsEnded)
        {
            // What throws leaves this true. More is asked for than belongs to the answer: what comes beyond its end must end the connection.
            _isBroken = true;
            int received = await _connection.ReceiveAsync(room, cancellation).ConfigureAwait(false);
            if (received == 0)
            {
                if (!_framing.EndsWithConnection)
                {
                    throw new HttpIOException(HttpRequestError.ResponseEnded, "the provider closed the connection before its answer was complete");
                }

                _framing.Close();
            }
            else if (!_framing.TryTake(room.Span[..received], out count))
            {
                throw new HttpIOException(HttpRequestError.InvalidResponse, "the chunks of the provider's answer are broken");
            }

            _isBroken = false;
        }

        return count;
    }

    /// <inheritdoc/>
    public override ValueTask<int> WaitAsync(CancellationToken cancellation)
    {
        ObjectDisposedException.ThrowIf(_connection is null, this);
        return _framing.IsEnded ? ValueTask.FromResult(0) : _connection.WaitAsync(cancellation);
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        if (Interlocked.Exchange(ref _connection, null) is not { } connection)
        {
            return;
        }

        bool wasSent = isSent || sending is { IsCompletedSuccessfully: true, Result: true };
        if (isReusable && wasSent && _framing is { IsEnded: true, HasSurplus: false } && !_isBroken && connection.TryEnd())
        {
            owner.Return(connection);
        }
        else
        {
            connection.Dispose();
        }
    }
}
