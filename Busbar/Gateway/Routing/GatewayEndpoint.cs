namespace Busbar.Gateway.Routing;

/// <summary>What a route leads to.</summary>
internal enum GatewayEndpoint : byte
{
    /// <summary>No route: answered 404 in the protocol the path suggests.</summary>
    None,

    /// <summary>The path exists, but not with this method: 405.</summary>
    WrongMethod,

    /// <summary><c>/</c>: empty 200.</summary>
    Root,

    /// <summary><c>/healthz</c>.</summary>
    Health,

    /// <summary><c>/livez</c>.</summary>
    Live,

    /// <summary><c>/stats</c>.</summary>
    Stats,

    /// <summary><c>/metrics</c>.</summary>
    Metrics,

    /// <summary>The admin API: <c>/admin</c> and everything below, in a table of its own.</summary>
    Admin,

    /// <summary>A chat call in one of the six protocols.</summary>
    Chat,

    /// <summary>Another call of a model, which is never translated: <see cref="RouteMatch.Operation"/> says which.</summary>
    Auxiliary,

    /// <summary>The list of pools and models, in the protocol that the headers suggest.</summary>
    ModelList,

    /// <summary>One entry of that list.</summary>
    Model,

    /// <summary>A Gemini path that names no action, or one that nobody knows: 404.</summary>
    NoAction,
}
