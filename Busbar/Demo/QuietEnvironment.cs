using Busbar.Configuration;

namespace Busbar.Demo;

/// <summary>
/// An environment whose log level is <c>error</c> unless it says otherwise. What the demo suggests makes breakers open and streams break: lines about
/// that would stand between the lines to paste.
/// </summary>
internal sealed class QuietEnvironment(IEnvironment inner) : IEnvironment
{
    /// <inheritdoc/>
    public string? Get(string name) => inner.Get(name) ?? (name == "BUSBAR_LOG" && inner.Get("RUST_LOG") is null ? "error" : null);
}
