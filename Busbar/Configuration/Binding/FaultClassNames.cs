using Busbar.Ir;

namespace Busbar.Configuration.Binding;

/// <summary>The classes as <c>error_map</c> spells them.</summary>
internal static class FaultClassNames
{
    /// <summary>All of them.</summary>
    public static IReadOnlyDictionary<string, FaultClass> All { get; } = new Dictionary<string, FaultClass>
    {
        ["rate_limit"] = FaultClass.RateLimit,
        ["overloaded"] = FaultClass.Overloaded,
        ["server_error"] = FaultClass.ServerError,
        ["timeout"] = FaultClass.Timeout,
        ["network"] = FaultClass.Network,
        ["auth"] = FaultClass.Auth,
        ["billing"] = FaultClass.Billing,
        ["client_error"] = FaultClass.ClientError,
        ["context_length"] = FaultClass.ContextLength,
        ["model_gone"] = FaultClass.ModelGone,
        ["content"] = FaultClass.Content,
    };
}
