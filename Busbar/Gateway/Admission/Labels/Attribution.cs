using Busbar.Configuration.Model;
using Busbar.Governance.Keys;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Admission.Labels;

/// <summary>Finds out what a request is for: its labels, and its session where the key has limits for sessions.</summary>
internal static class Attribution
{
    private const int LongestSession = 512;

    /// <summary>
    /// Notes it in the reservation of <paramref name="exchange"/>, whose body is there. The body is read once more only where that is configured or
    /// limited.
    /// </summary>
    public static void Note(Exchange exchange, LabelBook book)
    {
        AttributionConfig config = exchange.Snapshot.Config.Attribution;
        KeyEntry? key = exchange.Caller.Key;
        string? session = key is { SessionLimits.Length: > 0 } ? First(exchange.RequestHeaders, config.SessionHeader) : null;
        bool needsSession = session is null && key is { SessionLimits.Length: > 0 };
        BodyNames names = config.User || needsSession ? BodyNames.Of(exchange.Route.Protocol, exchange.Body!.Memory) : default;
        exchange.Reservation.Labels = book.TextOf(First(exchange.RequestHeaders, config.LabelsHeader), config.User ? names.User : null,
            config.MaxValues);
        if (key is not null && (session ?? names.Session) is { Length: > 0 and <= LongestSession } id)
        {
            exchange.Reservation.Session = key.SessionLimits.Length > 0 ? exchange.Snapshot.Governor!.Sessions.Of(key.Key.Id, id, key.SessionLimits)
                : null;
        }
    }

    private static string? First(IHeaderDictionary headers, string name) =>
        headers.TryGetValue(name, out var values) && values.Count > 0 && !string.IsNullOrWhiteSpace(values[0]) ? values[0] : null;
}
