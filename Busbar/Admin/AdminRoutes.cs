namespace Busbar.Admin;

/// <summary>Every path of the admin API, one line each; <c>openapi.json</c> documents the same.</summary>
internal static class AdminRoutes
{
    /// <summary>What all paths begin with.</summary>
    public const string Root = "/admin";

    /// <summary>What a request is tried under.</summary>
    public const string TryPattern = "/admin/try/{path}";

    private static readonly AdminRoute[] Table =
    [
        new("POST", "/admin/keys", AdminAction.CreateKey, takesBody: true),
        new("GET", "/admin/keys", AdminAction.ListKeys, query: ["limit", "cursor"]),
        new("GET", "/admin/keys/{id}", AdminAction.ReadKey),
        new("PATCH", "/admin/keys/{id}", AdminAction.UpdateKey, takesBody: true),
        new("DELETE", "/admin/keys/{id}", AdminAction.DeleteKey),
        new("POST", "/admin/keys/{id}/rotate", AdminAction.RotateKey, takesBody: true),
        new("PUT", "/admin/keys/{id}/access-key", AdminAction.AttachAccessKey),
        new("DELETE", "/admin/keys/{id}/access-key", AdminAction.DetachAccessKey),
        new("GET", "/admin/keys/{id}/usage", AdminAction.ReadWindow),
        new("POST", "/admin/groups", AdminAction.CreateGroup, takesBody: true),
        new("GET", "/admin/groups", AdminAction.ListGroups, query: ["limit", "cursor"]),
        new("GET", "/admin/groups/{id}", AdminAction.ReadGroup),
        new("PATCH", "/admin/groups/{id}", AdminAction.UpdateGroup, takesBody: true),
        new("DELETE", "/admin/groups/{id}", AdminAction.DeleteGroup),
        new("GET", "/admin/usage", AdminAction.ReadUsage, query: ["key", "group", "from", "until", "group_by", "label", "format", "limit"]),
        new("GET", "/admin/lanes", AdminAction.ListLanes),
        new("POST", "/admin/lanes/{lane}/disable", AdminAction.DisableLane),
        new("POST", "/admin/lanes/{lane}/enable", AdminAction.EnableLane),
        new("POST", "/admin/lanes/{lane}/probe", AdminAction.ProbeLane),
        new("POST", "/admin/lanes/{lane}/reset", AdminAction.ResetLane),
        new("GET", "/admin/lanes/{lane}/history", AdminAction.ReadLaneHistory),
        new("GET", "/admin/figures", AdminAction.ReadFigures, query: ["resolution", "count"]),
        new("GET", "/admin/requests", AdminAction.ReadRequests, query: ["key", "group", "pool", "model", "outcome", "id", "after", "limit"]),
        new("GET", "/admin/events", AdminAction.ReadEvents),
        new("POST", TryPattern, AdminAction.TryRequest, takesBody: true),
        new("GET", "/admin/config", AdminAction.ReadConfig),
        new("GET", "/admin/config/preview", AdminAction.PreviewConfig),
        new("POST", "/admin/reload", AdminAction.Reload),
        new("GET", "/admin/audit", AdminAction.ReadAudit, query: ["limit", "before"]),
        new("GET", "/admin/status", AdminAction.ReadStatus),
        new("GET", "/admin/nodes", AdminAction.ListNodes),
        new("GET", "/admin/openapi.json", AdminAction.ReadOpenApi),
    ];

    /// <summary>The lines, in order.</summary>
    public static IReadOnlyList<AdminRoute> All => Table;

    /// <summary>Whether a path (percent-encoded, no query) belongs here: <c>/admin</c> and everything below, not <c>/adminx</c>.</summary>
    public static bool Owns(ReadOnlySpan<char> path) =>
        path.StartsWith(Root, StringComparison.Ordinal) && (path.Length == Root.Length || path[Root.Length] == '/');

    /// <summary>
    /// The line for a method and a path; null with the path's methods in <paramref name="allow"/> when it has others, null and null when there is no
    /// such path.
    /// </summary>
    public static AdminRoute? Match(string method, ReadOnlySpan<char> path, out string hole, out string? allow)
    {
        allow = null;
        hole = "";
        foreach (AdminRoute route in Table)
        {
            if (!route.Matches(path, out hole))
            {
                continue;
            }

            if (route.Method == method)
            {
                return route;
            }

            allow = allow is null ? route.Method : $"{allow}, {route.Method}";
        }

        return null;
    }
}
