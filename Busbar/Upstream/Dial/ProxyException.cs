namespace Busbar.Upstream.Dial;

/// <summary>A company's proxy did not open the way to a provider.</summary>
/// <param name="reason">One word for the log: <c>proxy_407</c>, <c>proxy_unreachable</c>, <c>proxy_no_http</c>.</param>
/// <param name="cause">What failed below; null for nothing.</param>
internal sealed class ProxyException(string reason, Exception? cause = null) : IOException($"no way through the proxy: {reason}", cause)
{
    /// <summary>One word for the log.</summary>
    public string Reason => reason;

    /// <summary>The proxy's refusal behind <paramref name="failure"/>; null when it has another cause.</summary>
    public static ProxyException? Behind(Exception? failure)
    {
        while (failure is not (null or ProxyException))
        {
            failure = failure.InnerException;
        }

        return (ProxyException?)failure;
    }
}
