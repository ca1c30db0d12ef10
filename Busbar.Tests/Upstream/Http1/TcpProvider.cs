using System.Net.Sockets;
using System.Text;

namespace Busbar.Tests.Upstream.Http1;

/// <summary>One connection of a provider that does as it is told.</summary>
internal sealed class TcpProvider(Socket socket, CancellationToken limit) : IDisposable
{
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
            int count = await socket.ReceiveAsync(room, limit);
            if (count == 0)
            {
                return null;
            }

            text.Append(Encoding.Latin1.GetString(room, 0, count));

            // Of a long request that is still coming the text so far is not worth making.
            Received = text.Length < 100_000 || count < room.Length ? text.ToString() : "";
        }

        return Received;
    }

    /// <summary>Writes it as it stands.</summary>
    public async Task SendAsync(string text) => await socket.SendAsync(Encoding.Latin1.GetBytes(text), limit);

    /// <summary>Waits until the other side has closed the connection.</summary>
    public async Task<bool> IsClosedAsync()
    {
        try
        {
            byte[] room = new byte[64 * 1024];
            while (await socket.ReceiveAsync(room, limit) > 0)
            {
            }

            return true;
        }
        catch (SocketException)
        {
            return true;
        }
    }

    /// <summary>Ends the connection in good order.</summary>
    public void Close()
    {
        socket.Shutdown(SocketShutdown.Both);
        socket.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose() => socket.Dispose();
}
