using Busbar.Configuration.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Busbar.Gateway.OwnAnswers;

/// <summary>
/// Lets pages of configured origins call from a browser (Fetch Standard, 3.2). Credentials of clients travel in headers they set themselves, so
/// cookies and the like are never allowed.
/// </summary>
internal static class CorsAnswer
{
    private const string Exposed = "request-id, x-request-id, retry-after, retry-after-ms, x-should-retry";

    /// <summary>
    /// Adds what a browser wants to read to the answer; true when the request is a preflight, which is then answered. Without a configured origin
    /// nothing happens.
    /// </summary>
    public static bool TryServe(Exchange exchange)
    {
        CorsConfig cors = exchange.Snapshot.Config.Cors;
        if (cors.AllowedOrigins.Count == 0 || exchange.RequestHeaders.Origin is not [{ Length: > 0 } origin])
        {
            return false;
        }

        IHeaderDictionary answer = exchange.ResponseHeaders;
        answer.Vary = "Origin";
        bool isPreflight = exchange.Method == HttpMethods.Options && exchange.RequestHeaders.ContainsKey("Access-Control-Request-Method");
        if (cors.Allows(origin))
        {
            answer.AccessControlAllowOrigin = origin;
            if (isPreflight)
            {
                answer.AccessControlAllowMethods = "GET, POST, OPTIONS";
                StringValues asked = exchange.RequestHeaders.AccessControlRequestHeaders;
                if (asked.Count > 0)
                {
                    answer.AccessControlAllowHeaders = asked;
                }

                answer.AccessControlMaxAge = "600";
            }
            else
            {
                answer.AccessControlExposeHeaders = Exposed;
            }
        }

        if (isPreflight)
        {
            exchange.Status = StatusCodes.Status204NoContent;
        }

        return isPreflight;
    }
}
