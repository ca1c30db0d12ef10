using Busbar.Configuration;
using Busbar.Import.Draft;

namespace Busbar.Import.LiteLlm;

/// <summary>One entry of <c>model_list</c> that can be served.</summary>
internal sealed record Deployment
{
    /// <summary>Its path, for notes.</summary>
    public required string Path { get; init; }

    /// <summary>Where it stands.</summary>
    public required SourceLocation Location { get; init; }

    /// <summary>The name that clients use; several entries may share it.</summary>
    public required string Group { get; init; }

    /// <summary>The model, whose name is not final.</summary>
    public required DraftModel Model { get; init; }

    /// <summary><c>weight</c>.</summary>
    public decimal? Weight { get; init; }

    /// <summary><c>order</c>.</summary>
    public decimal? Order { get; init; }

    /// <summary>Context size in tokens; null where nobody said.</summary>
    public int? ContextMax { get; init; }
}
