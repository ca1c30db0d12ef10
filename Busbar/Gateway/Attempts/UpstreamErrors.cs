using System.Net.Sockets;
using System.Security.Authentication;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Upstream;
using Busbar.Upstream.Dial;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Attempts;

/// <summary>Reading upstream answers, and telling transport failures from bugs.</summary>
internal static class UpstreamErrors
{
    private const int ReadSize = 16 * 1024;

    // errno of Linux, as .NET hands it on.
    private const int NoMemory = 12;
    private const int TooManyFilesInSystem = 23;
    private const int TooManyFiles = 24;
    private const int NoSpace = 28;

    /// <summary>
    /// Whether <paramref name="exception"/> means that the network, the provider or a time limit failed, as opposed to this program.
    /// </summary>
    public static bool IsFailure(Exception exception) =>
        exception is HttpRequestException or IOException or OperationCanceledException or SocketException or AuthenticationException;

    /// <summary>A few words for the log, free of addresses and secrets.</summary>
    public static string Describe(Exception exception) => exception switch
    {
        _ when ProxyException.Behind(exception) is { } proxy => proxy.Reason,
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http => http.HttpRequestError.ToString(),
        HttpIOException { HttpRequestError: not HttpRequestError.Unknown } http => http.HttpRequestError.ToString(),
        { InnerException: SocketException socket } => socket.SocketErrorCode.ToString(),
        SocketException socket => socket.SocketErrorCode.ToString(),
        _ => exception.GetType().Name,
    };

    /// <summary>Whether a body is a page of the web and not an answer of an API.</summary>
    public static bool IsPage(ReadOnlySpan<byte> body) => JsonSyntax.Trim(body) is { IsEmpty: false } text && text[0] == (byte)'<';

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

    /// <summary>
    /// The error type a provider names in a header rather than in the body (Bedrock), without namespace and address; null when it names none.
    /// </summary>
    public static string? ErrorType(Protocol protocol, UpstreamResponse response)
    {
        if (protocol.ErrorTypeHeader is not { } header || response.Head.Get(header) is not { } value)
        {
            return null;
        }

        string type = value.Split(':')[0];
        return type[(type.LastIndexOf('#') + 1)..];
    }

    /// <summary>
    /// How long the provider asks to be left alone: the longest of what it says in <c>Retry-After</c>, in its body, and about each limit that is used
    /// up. Null when it does not say, or not legibly.
    /// </summary>
    public static TimeSpan? RetryAfter(UpstreamResponse response, in ProviderError error, DateTimeOffset now)
    {
        TimeSpan? longest = Reliability.Faults.RetryAfter.Parse(response.Head.Get("Retry-After"), response.Head.Get("retry-after-ms"), now);
        if (error.Wait is { } wait)
        {
            longest = Longer(longest, Reliability.Faults.RetryAfter.ParseDuration(wait));
        }

        for (int index = 0; response.Status is 429 or 503 or 529 && index < response.Head.Count; index++)
        {
            ReadOnlySpan<char> name = response.Head.NameAt(index);
            if ((Has(name, "ratelimit") || Has(name, "rate-limit")) && Has(name, "reset") && IsUsedUp(response, name.ToString()))
            {
                longest = Longer(longest, Reliability.Faults.RetryAfter.ParseReset(response.Head.ValueAt(index), now));
            }
        }

        return longest;
    }

    /// <summary>Whether this process, or its host, has run out of descriptors, memory or disk space: no provider's fault.</summary>
    public static bool IsOwn(Exception? exception)
    {
        for (; exception is not null; exception = exception.InnerException)
        {
            if (exception is LocalExhaustionException or SocketException { SocketErrorCode: SocketError.TooManyOpenSockets
                or SocketError.NoBufferSpaceAvailable or SocketError.ProcessLimit }
                or IOException { HResult: NoSpace or TooManyFiles or TooManyFilesInSystem or NoMemory } or OutOfMemoryException)
            {
                return true;
            }
        }

        return false;
    }

    // A limit that has something left has its moment too, which does not matter.
    private static bool IsUsedUp(UpstreamResponse response, string reset)
    {
        string remaining = reset.Replace("reset", "remaining", StringComparison.OrdinalIgnoreCase);
        return response.Head.TryGet(remaining, out ReadOnlySpan<char> left)
            ? !left.ContainsAnyExcept("0. ")
            : response.Status == 429;
    }

    private static bool Has(ReadOnlySpan<char> name, string part) => name.Contains(part, StringComparison.OrdinalIgnoreCase);

    private static TimeSpan? Longer(TimeSpan? one, TimeSpan? other) => one is null || other > one ? other ?? one : one;
}
