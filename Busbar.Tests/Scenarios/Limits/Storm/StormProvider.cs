using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Busbar.Tests.Scenarios.Limits.Storm;

/// <summary>
/// A provider that fails, hangs up, breaks off and takes its time at random, and notes for each request what it made and reported. It reads no more
/// of HTTP than gateways write to it, so that it is not what takes the time.
/// </summary>
/// <param name="book">Where it notes.</param>
internal sealed class StormProvider(StormBook book) : IDisposable
{
    private const int Prompt = 5;

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    /// <summary>Is told of each request at its beginning and at its end, by number.</summary>
    public Action<int, bool> Under { get; set; } = static (_, _) => { };

    /// <summary>Its address.</summary>
    public string Address => $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndPoint!).Port}";

    /// <summary>Begins to listen.</summary>
    public void Start()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen(1024);
        _ = AcceptAsync();
    }

    /// <inheritdoc/>
    public void Dispose() => _listener.Dispose();

    private static long Now => DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();

    private static string Usage(int output) => $$"""
        "usage":{"prompt_tokens":{{Prompt}},"completion_tokens":{{output}},"total_tokens":{{Prompt + output}}}
        """;

    private static string Head(int number, string type, string length) =>
        $"HTTP/1.1 200 OK\r\nContent-Type: {type}\r\nx-request-id: n-{number}\r\n{length}\r\n\r\n";

    private static string Chunk(string text)
    {
        string line = $"data: {text}\n\n";
        return $"{line.Length:x}\r\n{line}\r\n";
    }

    private static string Delta(string delta, string finish) => Chunk(
        $$"""{"id":"c","object":"chat.completion.chunk","created":1700000000,"model":"w","choices":[{"index":0,"delta":{{{delta}}},"finish_reason":{{finish}}}]}""");

    private static bool IsClosed(Socket socket) => socket.Poll(0, SelectMode.SelectRead) && socket.Available == 0;

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                Socket socket = await _listener.AcceptAsync();
                socket.NoDelay = true;
                _ = ServeAsync(socket);
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // Disposed.
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        byte[] buffer = new byte[16 * 1024];
        int held = 0;
        using Socket own = socket;
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(held)) is > 0 and var more)
            {
                held += more;
                if (NumberIn(buffer.AsSpan(0, held), out bool streams) is not { } number)
                {
                    continue;
                }

                held = 0;
                if (!await AnswerAsync(socket, number, streams))
                {
                    return;
                }
            }
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // The gateway hung up.
        }
    }

    // False when nothing more is to come on this connection.
    private async Task<bool> AnswerAsync(Socket socket, int number, bool streams)
    {
        Under(number, true);
        bool isUnder = true;
        try
        {
            book[number].ArrivedAt = Now;
            await Task.Delay(Random.Shared.Next(50) == 0 ? 30 : Random.Shared.Next(3));
            int fate = Random.Shared.Next(40);
            if (fate < 3)
            {
                Over();
                await FailAsync(socket, number, fate);
            }
            else
            {
                await (streams ? StreamAsync(socket, number, fate == 3, Over) : WholeAsync(socket, number, fate == 3, Over));
            }

            if (fate is 0 or 3)
            {
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
            }

            return fate is not (0 or 3);
        }
        finally
        {
            Over();
            book[number].DoneAt = Now;
        }

        // Before the last of it is sent: whoever reads that may be admitted in the same moment.
        void Over()
        {
            if (isUnder)
            {
                isUnder = false;
                Under(number, false);
            }
        }
    }

    private static async Task FailAsync(Socket socket, int number, int fate)
    {
        if (fate == 0)
        {
            return;
        }

        const string Body = """{"error":{"message":"no","type":"server_error","param":null,"code":null}}""";
        await socket.SendAsync(Encoding.ASCII.GetBytes(
            $"HTTP/1.1 500 No\r\nContent-Type: application/json\r\nx-request-id: n-{number}\r\nContent-Length: {Body.Length}\r\n\r\n{Body}"));
    }

    private async Task WholeAsync(Socket socket, int number, bool isBroken, Action over)
    {
        int output = Random.Shared.Next(1, 10);
        string body = """{"id":"c","object":"chat.completion","created":1700000000,"model":"w","choices":[{"index":0,"message":""" +
            """{"role":"assistant","content":"ok","refusal":null},"logprobs":null,"finish_reason":"stop"}],""" + Usage(output) + "}";
        string text = Head(number, "application/json", $"Content-Length: {body.Length}") + (isBroken ? body[..40] : body);

        // Before it is sent: what was sent has been noted, whoever reads it.
        book[number].Made = (short)(Prompt + output);
        book[number].Reported = (short)(isBroken || IsClosed(socket) ? 0 : Prompt + output);
        over();
        await socket.SendAsync(Encoding.ASCII.GetBytes(text));
    }

    private async Task StreamAsync(Socket socket, int number, bool isBroken, Action over)
    {
        int output = Random.Shared.Next(1, 10);
        await socket.SendAsync(Encoding.ASCII.GetBytes(Head(number, "text/event-stream", "Transfer-Encoding: chunked") +
            Delta("\"role\":\"assistant\",\"content\":\"\"", "null")));
        for (int i = 1; i <= output; i++)
        {
            if (IsClosed(socket))
            {
                return;
            }

            book[number].Made = (short)(Prompt + i);
            await socket.SendAsync(Encoding.ASCII.GetBytes(Delta("\"content\":\"word\"", "null")));
            if (isBroken && i > output / 2)
            {
                over();
                return;
            }

            if (Random.Shared.Next(4) == 0)
            {
                await Task.Delay(1);
            }
        }

        if (IsClosed(socket))
        {
            return;
        }

        book[number].Reported = (short)(Prompt + output);
        over();
        await socket.SendAsync(Encoding.ASCII.GetBytes(Delta("", "\"stop\"") + Chunk(
            $$"""{"id":"c","object":"chat.completion.chunk","created":1700000000,"model":"w","choices":[],{{Usage(output)}}}""") +
            Chunk("[DONE]") + "0\r\n\r\n"));
    }

    // Null while the request is not there as a whole.
    private static int? NumberIn(ReadOnlySpan<byte> bytes, out bool streams)
    {
        streams = false;
        int head = bytes.IndexOf("\r\n\r\n"u8);
        if (head < 0)
        {
            return null;
        }

        ReadOnlySpan<byte> body = bytes[(head + 4)..];
        int at = body.IndexOf("number-"u8);
        if (at < 0 || body.IndexOf("-end\"}]"u8) < 0 || !IsWhole(bytes[..head], body))
        {
            return null;
        }

        streams = body.IndexOf("\"stream\":true"u8) >= 0;
        int number = 0;
        for (at += 7; body[at] is >= (byte)'0' and <= (byte)'9'; at++)
        {
            number = (number * 10) + body[at] - '0';
        }

        return number;
    }

    private static bool IsWhole(ReadOnlySpan<byte> head, ReadOnlySpan<byte> body)
    {
        int at = head.IndexOf("ontent-Length: "u8);
        at = at < 0 ? head.IndexOf("ontent-length: "u8) : at;
        if (at < 0)
        {
            return body.EndsWith("0\r\n\r\n"u8);
        }

        int length = 0;
        for (at += 15; at < head.Length && head[at] is >= (byte)'0' and <= (byte)'9'; at++)
        {
            length = (length * 10) + head[at] - '0';
        }

        return body.Length >= length;
    }
}
