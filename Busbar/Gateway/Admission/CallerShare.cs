using Microsoft.AspNetCore.Http.Features;

namespace Busbar.Gateway.Admission;

/// <summary>Who a request belongs to where callers take turns: its virtual key, else its token, else its address.</summary>
internal static class CallerShare
{
    /// <summary>
    /// A number for the caller of <paramref name="exchange"/>. Two callers with the same one, which hardly happens, share their turns.
    /// </summary>
    public static ulong Of(Exchange exchange)
    {
        if (exchange.Caller.Key is { } entry)
        {
            return Hash(entry.Key.Id);
        }

        string? shown = Authenticator.Carried(exchange.RequestHeaders, exchange.RawQuery, exchange.Route.Protocol, out _);
        return exchange.Snapshot.Config.Auth.Mode != Configuration.Model.AuthMode.None && shown is not null
            ? Hash(shown)
            : (uint)(exchange.Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress?.GetHashCode() ?? 0);
    }

    // Each process has a seed of its own, so nobody can choose whose turns to share.
    private static ulong Hash(string text) => (uint)text.GetHashCode(StringComparison.Ordinal);
}
