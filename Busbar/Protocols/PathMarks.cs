namespace Busbar.Protocols;

/// <summary>What gives a protocol's paths away, beyond those that are served: an error about them is in that protocol.</summary>
internal sealed class PathMarks
{
    /// <summary>Found anywhere in the path.</summary>
    public string[] Parts { get; init; } = [];

    /// <summary>Ends of a path below <c>/models/</c>.</summary>
    public string[] Verbs { get; init; } = [];

    /// <summary>Ends of a path below <c>/model/</c>.</summary>
    public string[] ModelTails { get; init; } = [];

    /// <summary>Ends of any path.</summary>
    public string[] Tails { get; init; } = [];
}
