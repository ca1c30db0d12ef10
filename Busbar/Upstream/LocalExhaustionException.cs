using System.Net.Sockets;

namespace Busbar.Upstream;

/// <summary>
/// A connection could not be opened because this machine or process has run out of descriptors, buffers or ports: no provider's fault.
/// </summary>
internal sealed class LocalExhaustionException(SocketException cause)
    : IOException("this machine has no descriptor, buffer or port left for a connection", cause)
{
    /// <summary>What ran out, in the system's words.</summary>
    public SocketError Reason => cause.SocketErrorCode;

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
