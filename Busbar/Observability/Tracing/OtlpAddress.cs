namespace Busbar.Observability.Tracing;

/// <summary>Where a collector takes a signal over HTTP.</summary>
internal static class OtlpAddress
{
    private static readonly string[] Signals = ["/v1/traces", "/v1/metrics"];

    /// <summary><c>/v1/</c> and <paramref name="signal"/> below <paramref name="endpoint"/>, in place of another signal that it may name.</summary>
    public static Uri Of(string endpoint, string signal)
    {
        var address = new UriBuilder(endpoint);
        string path = address.Path.TrimEnd('/');
        string named = Array.Find(Signals, other => path.EndsWith(other, StringComparison.Ordinal)) ?? "";
        address.Path = $"{path[..^named.Length]}/v1/{signal}";
        return address.Uri;
    }
}
