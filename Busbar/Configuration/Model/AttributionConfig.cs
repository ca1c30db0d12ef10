namespace Busbar.Configuration.Model;

/// <summary>The <c>attribution:</c> block: what requests say of what they are for.</summary>
internal sealed record AttributionConfig
{
    /// <summary>Header with labels, <c>name=value</c> with commas between.</summary>
    public string LabelsHeader { get; init; } = "x-busbar-labels";

    /// <summary>Whether the end user that a body names becomes the label <c>user</c>.</summary>
    public bool User { get; init; }

    /// <summary>Header with the id of a session.</summary>
    public string SessionHeader { get; init; } = "x-session-id";

    /// <summary>Most values of one label in a day.</summary>
    public int MaxValues { get; init; } = 1000;
}
