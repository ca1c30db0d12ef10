namespace Busbar.Upstream;

/// <summary>What carries calls to one provider. Disposing closes every connection that no call uses.</summary>
internal interface IUpstreamTransport : IDisposable
{
    /// <summary>
    /// Sends <paramref name="request"/> and returns when the headers of the answer are in. Throws <see cref="HttpRequestException"/>,
    /// <see cref="IOException"/> or <see cref="System.Net.Sockets.SocketException"/> for transport failures, <see cref="OperationCanceledException"/>
    /// when cancelled or when connecting takes too long.
    /// </summary>
    ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation);
}
