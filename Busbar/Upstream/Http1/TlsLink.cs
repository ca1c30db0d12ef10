using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using Busbar.Upstream.Dial;

namespace Busbar.Upstream.Http1;

/// <summary>TCP with TLS on it.</summary>
internal sealed class TlsLink : Link
{
    private readonly TlsSocketStream _socket;
    private readonly SslStream _tls;
    private bool _isSettled;

    private TlsLink(TlsSocketStream socket)
    {
        _socket = socket;
        _tls = new SslStream(socket, leaveInnerStreamOpen: false);
    }

    /// <summary>
    /// Negotiates TLS. Throws <see cref="HttpRequestException"/> when the server is not the one it should be, or there is no agreement.
    /// </summary>
    /// <param name="socket">Connected; owned from now on.</param>
    /// <param name="options">Whom to talk to, and which protocols.</param>
    /// <param name="cancellation">Ends the attempt.</param>
    public static async ValueTask<TlsLink> NegotiateAsync(Socket socket, SslClientAuthenticationOptions options, CancellationToken cancellation)
    {
        var link = new TlsLink(new TlsSocketStream(socket));
        try
        {
            await link._tls.AuthenticateAsClientAsync(options, cancellation).ConfigureAwait(false);
            return link;
        }
        catch (Exception exception)
        {
            // Looked at while this connection still holds its descriptor.
            LocalExhaustionException? exhaustion = exception is AuthenticationException ? LocalExhaustionException.Now() : null;
            link.Dispose();
            throw exhaustion is not null ? exhaustion : exception is AuthenticationException or IOException
                ? new HttpRequestException(HttpRequestError.SecureConnectionError, exception.Message, exception)
                : exception;
        }
    }

    /// <inheritdoc/>
    public override ValueTask<int> WaitAsync(CancellationToken cancellation) =>
        _isSettled ? _tls.ReadAsync(Memory<byte>.Empty, cancellation) : WaitBeyondTicketsAsync(cancellation);

    /// <inheritdoc/>
    public override ValueTask<int> ReceiveAsync(Memory<byte> room, CancellationToken cancellation) => _tls.ReadAsync(room, cancellation);

    /// <inheritdoc/>
    public override ValueTask SendAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellation) => _tls.WriteAsync(bytes, cancellation);

    /// <inheritdoc/>
    public override void Dispose() => _tls.Dispose();

    // Session tickets follow the handshake. After such a record the stream would wait on with its buffer, of two records, in hand.
    private async ValueTask<int> WaitBeyondTicketsAsync(CancellationToken cancellation)
    {
        while (!_isSettled)
        {
            _socket.ThrowsAfterRecord = true;
            try
            {
                await _tls.ReadAsync(Memory<byte>.Empty, cancellation).ConfigureAwait(false);
                _isSettled = true;
            }
            catch (NoContentException)
            {
                // Its buffer is free again: once more.
            }
            finally
            {
                _socket.ThrowsAfterRecord = false;
            }
        }

        return 0;
    }

    // Only records without content came.
    private sealed class NoContentException : IOException
    {
    }

    private sealed class TlsSocketStream(Socket socket) : NetworkStream(socket, ownsSocket: true)
    {
        private bool _hasRead;

        // Whether a wait for a record that follows another one fails.
        public bool ThrowsAfterRecord
        {
            get;
            set
            {
                field = value;
                _hasRead = false;
            }
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (ThrowsAfterRecord && buffer.IsEmpty && _hasRead)
            {
                throw new NoContentException();
            }

            _hasRead |= !buffer.IsEmpty;
            return Socket.ReceiveAsync(buffer, SocketFlags.None, cancellationToken);
        }
    }
}
