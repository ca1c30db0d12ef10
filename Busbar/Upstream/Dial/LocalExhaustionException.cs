using System.Net.Sockets;

namespace Busbar.Upstream.Dial;

/// <summary>
/// A connection could not be opened because this machine or process has run out of descriptors, buffers or ports: no provider's fault.
/// </summary>
internal sealed class LocalExhaustionException(SocketException cause)
    : IOException("this machine has no descriptor, buffer or port left for a connection", cause)
{
    /// <summary>What ran out, in the system's words.</summary>
    public SocketError Reason => cause.SocketErrorCode;

    /// <summary>
    /// The exhaustion that this machine or process is in; null when it has descriptors and buffers. For failures that don't say so: a name that was
    /// not resolved, a certificate whose authorities could not be read.
    /// </summary>
    public static LocalExhaustionException? Now()
    {
        try
        {
            using var first = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            using var second = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
            return null;
        }
        catch (SocketException exception) when (exception.SocketErrorCode is SocketError.TooManyOpenSockets or SocketError.NoBufferSpaceAvailable)
        {
            return new LocalExhaustionException(exception);
        }
    }

    /// <summary>The exhaustion behind <paramref name="failure"/>; null when it has another cause.</summary>
    public static LocalExhaustionException? Behind(Exception? failure)
    {
        while (failure is not (null or LocalExhaustionException))
        {
            failure = failure.InnerException;
        }

        return (LocalExhaustionException?)failure;
    }
}
