using Busbar.Wire.Json;

namespace Busbar.Ir.Request;

/// <summary>Whether and what the model must call. <c>default</c> is "not said".</summary>
internal struct ToolChoice
{
    /// <summary>The mode.</summary>
    public ToolChoiceKind Kind;

    /// <summary>The tool for <see cref="ToolChoiceKind.Tool"/>.</summary>
    public JsonText Name;

    /// <summary>The names for <see cref="ToolChoiceKind.Allowed"/>; null otherwise.</summary>
    public List<JsonText>? Allowed;

    /// <summary>For <see cref="ToolChoiceKind.Allowed"/>: one of the names must be called.</summary>
    public bool AllowedRequired;
}
