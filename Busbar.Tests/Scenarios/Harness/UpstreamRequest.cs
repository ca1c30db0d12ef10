using System.Text;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>A request as it arrived at a scripted upstream, byte for byte.</summary>
internal sealed record UpstreamRequest(string Method, string Path, IReadOnlyList<KeyValuePair<string, string>> Headers, byte[] Body)
{
    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>The value of a header; null when it is not there. More than one is a failure.</summary>
    public string? this[string name] => Headers.Where(header => header.Key.Equals(name, StringComparison.OrdinalIgnoreCase))
        .Select(header => header.Value).SingleOrDefault();
}
