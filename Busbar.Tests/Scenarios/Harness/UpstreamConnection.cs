using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>Reads HTTP/1.1 requests from a connection. A parser of its own, since the answers it serves break every rule.</summary>
internal sealed class UpstreamConnection(Stream stream)
{
    private readonly byte[] _buffer = new byte[64 * 1024];
    private int _start;
    private int _end;

    /// <summary>The next request, read to its end; null when the peer has closed.</summary>
    public async Task<UpstreamRequest?> ReadAsync()
    {
        string? first = await LineAsync();
        if (first is null)
        {
            return null;
        }

        string[] parts = first.Split(' ');
        var headers = new List<KeyValuePair<string, string>>();
        while (await LineAsync() is { Length: > 0 } line)
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            headers.Add(new(line[..colon], line[(colon + 1)..].Trim()));
        }

        var body = new MemoryStream();
        if (Value(headers, "Transfer-Encoding") == "chunked")
        {
            while (int.Parse((await LineAsync())!, NumberStyles.HexNumber, CultureInfo.InvariantCulture) is > 0 and var size)
            {
                await CopyAsync(size, body);
                await LineAsync();
            }

            await LineAsync();
        }
        else if (Value(headers, "Content-Length") is { } length)
        {
            await CopyAsync(int.Parse(length, CultureInfo.InvariantCulture), body);
        }

        return new UpstreamRequest(parts[0], parts[1], headers, body.ToArray());
    }

    /// <summary>Completes when the peer has closed or reset the connection.</summary>
    public async Task ClosedAsync()
    {
        try
        {
            while (await FillAsync())
            {
            }
        }
        catch (Exception exception) when (exception is SocketException or IOException or ObjectDisposedException)
        {
            // A reset is a close.
        }
    }

    private static string? Value(List<KeyValuePair<string, string>> headers, string name) =>
        headers.FirstOrDefault(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Value;

    private async Task<string?> LineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            if (_start == _end && !await FillAsync())
            {
                return null;
            }

            char next = (char)_buffer[_start++];
            if (next == '\n')
            {
                return line.ToString().TrimEnd('\r');
            }

            line.Append(next);
        }
    }

    private async Task CopyAsync(int count, MemoryStream body)
    {
        while (count > 0)
        {
            if (_start == _end && !await FillAsync())
            {
                throw new IOException("the request ended early");
            }

            int piece = Math.Min(count, _end - _start);
            body.Write(_buffer, _start, piece);
            _start += piece;
            count -= piece;
        }
    }

    private async Task<bool> FillAsync()
    {
        _start = 0;
        _end = await stream.ReadAsync(_buffer);
        return _end > 0;
    }
}
