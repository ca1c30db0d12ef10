using Busbar.Ir;

namespace Busbar.Protocols;

/// <summary>The HTTP status each error kind has unless a protocol differs, and the kind a status stands for.</summary>
internal static class ErrorStatus
{
    /// <summary>The usual status of <paramref name="kind"/>.</summary>
    public static int Usual(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidRequest or ErrorKind.ContextLength => 400,
        ErrorKind.Authentication => 401,
        ErrorKind.Permission => 403,
        ErrorKind.NotFound => 404,
        ErrorKind.MethodNotAllowed => 405,
        ErrorKind.TooLarge => 413,
        ErrorKind.RateLimit or ErrorKind.Quota => 429,
        ErrorKind.Internal => 500,
        ErrorKind.BadGateway => 502,
        ErrorKind.Overloaded or ErrorKind.Unavailable => 503,
        ErrorKind.Timeout => 504,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown error kind"),
    };

    /// <summary>The kind a relayed upstream status stands for.</summary>
    public static ErrorKind KindOf(int status) => status switch
    {
        401 => ErrorKind.Authentication,
        403 => ErrorKind.Permission,
        404 => ErrorKind.NotFound,
        405 => ErrorKind.MethodNotAllowed,
        413 => ErrorKind.TooLarge,
        429 => ErrorKind.RateLimit,
        502 => ErrorKind.BadGateway,
        503 or 529 => ErrorKind.Overloaded,
        408 or 504 => ErrorKind.Timeout,
        >= 500 => ErrorKind.Internal,
        _ => ErrorKind.InvalidRequest,
    };
}
