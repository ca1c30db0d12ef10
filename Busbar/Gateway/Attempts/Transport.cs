using System.Net.Sockets;
using System.Security.Authentication;
using Busbar.Protocols;
using Busbar.Upstream;
using Busbar.Wire;

namespace Busbar.Gateway.Attempts;

/// <summary>Reading upstream answers, and telling transport failures from bugs.</summary>
internal static class Transport
{
    private const int ReadSize = 16 * 1024;

    /// <summary>Whether <paramref name="exception"/> means that the network, the provider or a time limit failed, as opposed to this program.</summary>
    public static bool IsFailure(Exception exception) =>
        exception is HttpRequestException or IOException or OperationCanceledException or SocketException or AuthenticationException;

    /// <summary>A few words for the log, free of addresses and secrets.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http => http.HttpRequestError.ToString(),
        HttpIOException { HttpRequestError: not HttpRequestError.Unknown } http => http.HttpRequestError.ToString(),
        { InnerException: SocketException socket } => socket.SocketErrorCode.ToString(),
        SocketException socket => socket.SocketErrorCode.ToString(),
        _ => exception.GetType().Name,
    };

    /// <summary>Reads up to <paramref name="maxBytes"/> of a body; what is beyond is left unread.</summary>
    public static async ValueTask<PooledBuffer> ReadAtMostAsync(UpstreamResponse response, int maxBytes, CancellationToken cancellation)
    {
        var body = new PooledBuffer(4096);
        try
        {
            while (body.Length < maxBytes)
            {
                Memory<byte> room = body.GetMemory(Math.Min(ReadSize, maxBytes - body.Length));
                int read = await response.ReadAsync(room[..Math.Min(room.Length, maxBytes - body.Length)], cancellation).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                body.Advance(read);
            }

            return body;
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    /// <summary>The error type a provider names in a header rather than in the body (Bedrock), without namespace and address; null when it names none.</summary>
    public static string? ErrorType(Protocol protocol, UpstreamResponse response)
    {
        if (protocol.ErrorTypeHeader is not { } header || response.Head.Get(header) is not { } value)
        {
            return null;
        }

        string type = value.Split(':')[0];
        return type[(type.LastIndexOf('#') + 1)..];
    }

    /// <summary>How long the provider asks to be left alone; null when it does not say, or not legibly.</summary>
    public static TimeSpan? RetryAfter(UpstreamResponse response, DateTimeOffset now) =>
        Reliability.Faults.RetryAfter.Parse(response.Head.Get("Retry-After"), response.Head.Get("retry-after-ms"), now);
}
