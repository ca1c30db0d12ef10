using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>A client that sends bytes as they are, which no HTTP library would, and reads what HTTP/1.1 answers there are.</summary>
internal sealed class RawConnection : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly byte[] _buffer = new byte[32 * 1024];
    private int _start;
    private int _end;

    /// <summary>Connects to a gateway of this machine.</summary>
    public static async Task<RawConnection> OpenAsync(int port)
    {
        var connection = new RawConnection();
        await connection._socket.ConnectAsync("127.0.0.1", port);
        return connection;
    }

    /// <summary>Sends; a peer that hangs up before everything was sent may have answered all the same.</summary>
    public async Task SendAsync(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            while (!bytes.IsEmpty)
            {
                bytes = bytes[await _socket.SendAsync(bytes)..];
            }
        }
        catch (SocketException)
        {
            // What it said, if anything, is still to be read.
        }
    }

    /// <summary>Says that nothing more will be sent.</summary>
    public void Finish()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Send);
        }
        catch (SocketException)
        {
            // The peer was first.
        }
    }

    /// <summary>Whether bytes or an end have come, or come within <paramref name="patience"/>.</summary>
    public bool HasAnswer(TimeSpan patience) => _start < _end || _socket.Poll(patience, SelectMode.SelectRead);

    /// <summary>The next answer after those that only say that one will come; null when the connection ended first.</summary>
    /// <param name="isHead">Whether a HEAD is answered, which promises a body that does not come.</param>
    /// <exception cref="TimeoutException">Nothing came within the bound of all scenarios.</exception>
    public async Task<Reply?> ReadAsync(bool isHead = false)
    {
        using var bound = new CancellationTokenSource(Eventually.Bound);
        try
        {
            while (true)
            {
                Reply? reply = await ReplyAsync(isHead, bound.Token);
                if (reply is null or not { Status: >= 100 and < 200 })
                {
                    return reply;
                }
            }
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException("the connection hangs");
        }
        catch (SocketException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    private async Task<Reply?> ReplyAsync(bool isHead, CancellationToken bound)
    {
        if (await LineAsync(bound) is not { } first)
        {
            return null;
        }

        Assert.Matches("^HTTP/1\\.[01] [1-5][0-9][0-9] ", first + " ");
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        while (await LineAsync(bound) is { Length: > 0 } line)
        {
            int colon = line.IndexOf(": ", StringComparison.Ordinal);
            Assert.True(colon > 0, $"no header: {line}");
            Assert.True(headers.TryAdd(line[..colon], line[(colon + 2)..]), $"given twice: {line}");
        }

        int status = int.Parse(first.AsSpan(9, 3), CultureInfo.InvariantCulture);
        var body = new MemoryStream();
        if (isHead || status is < 200 or 204 or 304)
        {
        }
        else if (headers.TryGetValue("Content-Length", out string? length))
        {
            await CopyAsync(int.Parse(length, CultureInfo.InvariantCulture), body, bound);
        }
        else if (headers.GetValueOrDefault("Transfer-Encoding") == "chunked")
        {
            while (await LineAsync(bound) is { } size && int.Parse(size, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var chunk)
            {
                await CopyAsync(chunk, body, bound);
                await LineAsync(bound);
            }

            await LineAsync(bound);
        }
        else
        {
            await CopyAsync(int.MaxValue, body, bound);
        }

        return new Reply(status, headers, body.ToArray());
    }

    private async Task<string?> LineAsync(CancellationToken bound)
    {
        var line = new StringBuilder();
        while (_start < _end || await FillAsync(bound))
        {
            char next = (char)_buffer[_start++];
            if (next == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(next);
        }

        return null;
    }

    private async Task CopyAsync(int count, MemoryStream body, CancellationToken bound)
    {
        while (count > 0 && (_start < _end || await FillAsync(bound)))
        {
            int piece = Math.Min(count, _end - _start);
            body.Write(_buffer, _start, piece);
            _start += piece;
            count -= piece;
        }
    }

    private async Task<bool> FillAsync(CancellationToken bound)
    {
        _start = 0;
        _end = 0;
        _end = await _socket.ReceiveAsync(_buffer, bound);
        return _end > 0;
    }
}
