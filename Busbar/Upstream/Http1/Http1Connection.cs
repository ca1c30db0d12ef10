using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Upstream.Http1;

/// <summary>One connection to a provider. Carries one call at a time; whoever holds it is its only user.</summary>
/// <param name="link">Connected; owned from now on.</param>
/// <param name="host">Value of <c>Host</c>.</param>
/// <param name="dialledAt">Timestamp of its making.</param>
internal sealed class Http1Connection(Link link, string host, long dialledAt) : IDisposable
{
    private const int FirstRead = 4096;
    private const int MaxHead = 64 * 1024;

    // Up to here a body goes out together with its head, in one system call.
    private const int MaxCopied = 16 * 1024;

    // Of a longer body, pieces up to here go along with the one before them.
    private const int MaxJoined = 4096;

    // More than any server sends of its own accord before it answers.
    private const int MaxInterim = 16;

    private PooledBuffer? _received;
    private ValueTask<int> _firstBytes;
    private Task<bool>? _sending;

    /// <summary>Timestamp of its making.</summary>
    public long DialledAt => dialledAt;

    /// <summary>Whether a byte of an answer to its call has come.</summary>
    public bool HasAnswered { get; private set; }

    /// <summary>Timestamp of the end of its last call.</summary>
    public long IdleSince { get; set; }

    /// <summary>
    /// Begins a call by waiting for its answer, without a buffer yet: whatever can be read before anything was asked, the end of the connection above
    /// all, shows that it is of no more use. False then. The order costs nothing, since the same wait would come after sending.
    /// </summary>
    public bool TryBegin(CancellationToken cancellation)
    {
        HasAnswered = false;
        _firstBytes = WaitAsync(cancellation);
        if (_firstBytes.IsCompletedSuccessfully && link.IsSilent)
        {
            _firstBytes.GetAwaiter().GetResult();
            _firstBytes = WaitAsync(cancellation);
        }

        return !_firstBytes.IsCompleted;
    }

    /// <summary>Sends <paramref name="request"/> and reads the head of its answer. Only after <see cref="TryBegin"/>.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<Http1Response> SendAsync(UpstreamRequest request, Http1Transport owner, CancellationToken cancellation)
    {
        // What came before anything was asked may be the answer, on a new connection, but the one to this call may then follow.
        bool isEarly = _firstBytes.IsCompleted && !link.IsSilent;

        // Not awaited before the answer comes: a provider may answer, a refusal for instance, without having read it all.
        ValueTask<bool> sending = WriteAsync(request, cancellation);
        Task<bool>? unfinished = _sending = sending.IsCompleted ? null : sending.AsTask();
        bool isSent = unfinished is null && sending.Result;
        int searched = 0;
        int interim = 0;
        await _firstBytes.ConfigureAwait(false);
        PooledBuffer received = _received = new PooledBuffer(FirstRead);
        while (true)
        {
            int count = await link.ReceiveAsync(received.GetMemory(FirstRead), cancellation).ConfigureAwait(false);
            if (count == 0)
            {
                throw new HttpIOException(HttpRequestError.ResponseEnded, "the provider closed the connection before its answer was complete");
            }

            HasAnswered = true;
            received.Advance(count);
            while (HeadParser.FindEnd(received.Span, searched) is > 0 and int end)
            {
                Http1Head head = HeadParser.Parse(received.Span[..end]) ?? throw Invalid("the provider's answer is not HTTP");
                received.Consume(end);
                searched = 0;
                if (head.Status >= 200)
                {
                    received.Release();
                    return HeadParser.TryFrame(head, out BodyFraming framing, out bool closes)
                        ? new Http1Response(head, this, owner, framing, isReusable: !closes && !isEarly, isSent, unfinished)
                        : throw Invalid("the length of the provider's answer is not clear");
                }

                if (head.Status == 101 || ++interim > MaxInterim)
                {
                    throw Invalid("the provider changed the protocol, or never came to its answer");
                }
            }

            searched = received.Length;
            if (searched > MaxHead)
            {
                throw Invalid("the headers of the provider's answer are longer than 64 KiB");
            }
        }
    }

    /// <summary>
    /// Waits until there is something to receive, the end of the connection included. Who waits like this holds no buffer meanwhile.
    /// </summary>
    public ValueTask<int> WaitAsync(CancellationToken cancellation) =>
        _received is { Length: > 0 } ? ValueTask.FromResult(0) : link.WaitAsync(cancellation);

    /// <summary>
    /// Receives bytes of the body: those that came together with the head first. 0 when the connection has ended.
    /// </summary>
    public ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken cancellation)
    {
        if (_received!.Length == 0)
        {
            return link.ReceiveAsync(room, cancellation);
        }

        int count = Math.Min(room.Length, _received.Length);
        _received.Span[..count].CopyTo(room.Span);
        _received.Consume(count);
        _received.Release();
        return ValueTask.FromResult(count);
    }

    /// <summary>Ends the call: the connection is ready for the next one. False when bytes beyond the answer have come.</summary>
    public bool TryEnd()
    {
        if (_received!.Length > 0)
        {
            return false;
        }

        _received.Dispose();
        _received = null;
        return true;
    }

    /// <summary>Closes it. No read may be under way.</summary>
    public void Dispose()
    {
        link.Dispose();
        _received?.Dispose();
    }

    /// <summary>Closes it after a call that failed, and waits until no byte of its request is read any more.</summary>
    public async ValueTask CloseAsync()
    {
        Dispose();
        if (_sending is { } sending)
        {
            await sending.ConfigureAwait(false);
        }
    }

    private static HttpRequestException Invalid(string message) => new(HttpRequestError.InvalidResponse, message);

    // False when the connection failed meanwhile: what was answered until then counts all the same.
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<bool> WriteAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        bool isWhole = false;
        request.BeginSending();
        try
        {
            SplicedBody body = request.Body;
            bool isSmall = body.Length <= MaxCopied;
            using var output = new PooledBuffer(1024 + (isSmall ? body.Length : MaxJoined));
            HeadWriter.Write(request, host, output);
            for (int index = 0; index < body.Count; index++)
            {
                ReadOnlyMemory<byte> piece = body[index];
                if (isSmall || piece.Length <= MaxJoined)
                {
                    output.Write(piece.Span);
                    continue;
                }

                await link.SendAsync(output.Memory, cancellation).ConfigureAwait(false);
                output.Clear();
                await link.SendAsync(piece, cancellation).ConfigureAwait(false);
            }

            await link.SendAsync(output.Memory, cancellation).ConfigureAwait(false);
            isWhole = true;
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The reading side meets the same end, after what the provider still said.
        }
        finally
        {
            request.EndSending(isWhole);
        }

        return isWhole;
    }
}
