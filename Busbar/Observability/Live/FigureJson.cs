using Busbar.Wire.Json;

namespace Busbar.Observability.Live;

/// <summary>Writes points as short arrays, since an hour has 3600 of them.</summary>
internal static class FigureJson
{
    /// <summary>The names of the places in a point.</summary>
    public static readonly string[] Columns = ["at", "ok", "client_error", "exhausted", "error", "failovers", "in_flight"];

    /// <summary>Writes one point.</summary>
    public static void Write(JsonWriter json, in FigurePoint point)
    {
        // The name before it, if any, is written.
        json.StartArray();
        json.Number(point.At);
        json.Number(point.Ok);
        json.Number(point.ClientErrors);
        json.Number(point.Exhausted);
        json.Number(point.Errors);
        json.Number(point.Failovers);
        json.Number(point.InFlight);
        json.EndArray();
    }
}
