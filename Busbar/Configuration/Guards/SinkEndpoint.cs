using Busbar.Configuration.Model;

namespace Busbar.Configuration.Guards;

/// <summary>A vetted address to send traces or logs to.</summary>
internal sealed record SinkEndpoint
{
    /// <summary>The address without credentials; null when it is refused.</summary>
    public string? Url { get; init; }

    /// <summary>Value of <c>Authorization</c>, from the credentials in the address; null for none.</summary>
    public Secret? Authorization { get; init; }

    /// <summary>Why it is refused; null when it is accepted.</summary>
    public string? Refusal { get; init; }
}
