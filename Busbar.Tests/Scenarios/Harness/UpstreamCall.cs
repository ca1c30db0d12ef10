using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>One request at a scripted upstream and the means to answer it, well or badly.</summary>
internal sealed class UpstreamCall(Socket socket, Stream stream, UpstreamConnection connection, UpstreamRequest request, string streamType)
{
    private Encoding _encoding = Encoding.UTF8;

    /// <summary>What was asked.</summary>
    public UpstreamRequest Request => request;

    /// <summary>Whether the connection serves another request afterwards.</summary>
    public bool KeepAlive { get; private set; } = true;

    /// <summary>Sends bytes as they are.</summary>
    public async Task RawAsync(ReadOnlyMemory<byte> bytes) => await stream.WriteAsync(bytes);

    /// <summary>Sends text as it is.</summary>
    public Task RawAsync(string text) => RawAsync(_encoding.GetBytes(text));

    /// <summary>Sends a whole answer.</summary>
    public async Task AnswerAsync(int status, byte[] body, string contentType = "application/json", params (string Name, string Value)[] headers)
    {
        await RawAsync(Head(status, contentType, headers) + $"Content-Length: {body.Length}\r\n\r\n");
        await RawAsync(body);
    }

    /// <summary>Sends a whole answer.</summary>
    public Task AnswerAsync(int status, string body, params (string Name, string Value)[] headers) =>
        AnswerAsync(status, Encoding.UTF8.GetBytes(body), "application/json", headers);

    /// <summary>Sends the head of a chunked answer, by default of a stream in the provider's protocol.</summary>
    public Task BeginAsync(string? contentType = null, params (string Name, string Value)[] headers)
    {
        _encoding = StreamText.EncodingOf(contentType ?? streamType);
        return RawAsync(Head(200, contentType ?? streamType, headers) + "Transfer-Encoding: chunked\r\n\r\n");
    }

    /// <summary>Sends one chunk; in a binary stream, each character is a byte.</summary>
    public async Task ChunkAsync(string text)
    {
        byte[] bytes = _encoding.GetBytes(text);
        await RawAsync((byte[])[.. Encoding.ASCII.GetBytes(bytes.Length.ToString("x", CultureInfo.InvariantCulture) + "\r\n"), .. bytes,
            .. "\r\n"u8]);
    }

    /// <summary>Ends a chunked answer.</summary>
    public Task EndAsync() => RawAsync("0\r\n\r\n");

    /// <summary>Sends a stream whole, one chunk for each frame.</summary>
    public async Task StreamAsync(IEnumerable<string> frames, params (string Name, string Value)[] headers)
    {
        await BeginAsync(headers: headers);
        foreach (string frame in frames)
        {
            await ChunkAsync(frame);
        }

        await EndAsync();
    }

    /// <summary>Closes the connection in good order, whatever was promised.</summary>
    public void Close()
    {
        KeepAlive = false;
        (stream as SslStream)?.ShutdownAsync().Wait(Eventually.Bound);
        socket.Shutdown(SocketShutdown.Both);
        socket.Close();
    }

    /// <summary>Resets the connection.</summary>
    public void Reset()
    {
        KeepAlive = false;
        socket.LingerState = new LingerOption(enable: true, seconds: 0);
        socket.Close();
    }

    /// <summary>Says nothing more; completes when the gateway gives up.</summary>
    public Task SilenceAsync()
    {
        KeepAlive = false;
        return connection.ClosedAsync();
    }

    private static string Head(int status, string contentType, (string Name, string Value)[] headers)
    {
        var head = new StringBuilder($"HTTP/1.1 {status} Status\r\nContent-Type: {contentType}\r\n");
        foreach ((string name, string value) in headers)
        {
            head.Append(name).Append(": ").Append(value).Append("\r\n");
        }

        return head.ToString();
    }
}
