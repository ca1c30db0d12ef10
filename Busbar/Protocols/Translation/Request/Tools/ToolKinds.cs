using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request.Tools;

/// <summary>Which of a request's tools are no functions.</summary>
internal static class ToolKinds
{
    /// <summary>The kinds of those that are none, by name.</summary>
    public static Dictionary<JsonText, ToolKind> Of(ChatRequest request)
    {
        var kinds = new Dictionary<JsonText, ToolKind>();
        foreach (Tool tool in request.Tools)
        {
            if (tool.Kind != ToolKind.Function)
            {
                kinds.TryAdd(tool.Name, tool.Kind);
            }
        }

        return kinds;
    }
}
