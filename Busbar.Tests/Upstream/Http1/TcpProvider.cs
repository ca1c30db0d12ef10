using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Busbar.Tests.Upstream.Http1;

/// <summary>One connection of a provider that does as it is told.</summary>
internal sealed class TcpProvider : IDisposable
{
    private readonly Socket _socket;
    private readonly Stream _stream;
    private readonly CancellationToken _limit;

    private TcpProvider(Socket socket, Stream stream, CancellationToken limit)
    {
        _socket = socket;
        _stream = stream;
        _limit = limit;
    }

    /// <summary>Takes a connection, with TLS when a certificate is to be shown.</summary>
    public static async Task<TcpProvider> StartAsync(Socket socket, ServerCertificateSelectionCallback? certificate, CancellationToken limit)
    {
        socket.NoDelay = true;
        Stream stream = new NetworkStream(socket, ownsSocket: true);
        if (certificate is not null)
        {
            var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateSelectionCallback = certificate,
                ApplicationProtocols = [SslApplicationProtocol.Http11] }, limit);
            stream = tls;
        }

        return new TcpProvider(socket, stream, limit);
    }

    /// <summary>The connection's TLS; null without.</summary>
    public SslStream? Tls => _stream as SslStream;

    /// <summary>The last request.</summary>
    public string Received { get; private set; } = "";

    /// <summary>Reads a request up to <paramref name="end"/>; null when the connection ended before.</summary>
    public async Task<string?> ReceiveAsync(string end)
    {
        Received = "";
        byte[] room = new byte[64 * 1024];
        var text = new StringBuilder();
        while (!Received.EndsWith(end, StringComparison.Ordinal))
        {
            int count = await _stream.ReadAsync(room, _limit);
            if (count == 0)
            {
                return null;
            }

            text.Append(Encoding.Latin1.GetString(room, 0, count));
            if (text.Length >= end.Length && text.ToString(text.Length - end.Length, end.Length) == end)
            {
                Received = text.ToString();
            }
        }

        return Received;
    }

    /// <summary>Writes it as it stands.</summary>
    public async Task SendAsync(string text) => await _stream.WriteAsync(Encoding.Latin1.GetBytes(text), _limit);

    /// <summary>Waits until the other side has closed the connection.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            byte[] room = new byte[64 * 1024];
            while (await _stream.ReadAsync(room, _limit) > 0)
            {
            }

            return true;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>Ends the connection in good order.</summary>
    public void Close()
    {
        Tls?.ShutdownAsync().Wait(_limit);
        _socket.Shutdown(SocketShutdown.Both);
        _stream.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();
}
