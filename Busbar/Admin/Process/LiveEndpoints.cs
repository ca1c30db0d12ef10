using Busbar.Observability.Live;
using Busbar.Observability.Metrics;
using Busbar.Reliability.Breaker;
using Busbar.Wire.Json;
using Microsoft.AspNetCore.Http;

namespace Busbar.Admin.Process;

/// <summary>
/// Answers what just happened and what is happening. <paramref name="isAdmitted"/> says whether the bearer of some headers may still listen.
/// </summary>
internal sealed class LiveEndpoints(IGatewayControl control, TimeProvider time, Func<IHeaderDictionary, bool> isAdmitted)
{
    private const int DefaultCount = 300;

    /// <summary>Answers <paramref name="call"/>; null when the answer is written, else what is wrong.</summary>
    public AdminError? Run(AdminCall call) => call.Action switch
    {
        AdminAction.ReadFigures => Figures(call),
        AdminAction.ReadRequests => Requests(call),
        AdminAction.ReadEvents => Events(call),
        _ => History(call),
    };

    private AdminError? Figures(AdminCall call)
    {
        string resolution = call.Query.Text("resolution") ?? "second";
        bool isBySecond = resolution == "second";
        if (!isBySecond && resolution != "minute")
        {
            call.Query.Fail("'resolution' must be second or minute");
        }

        int most = isBySecond ? FigureHistory.Seconds : FigureHistory.Minutes;
        int count = (int)call.Query.Integer("count", DefaultCount, 1, most);
        if (call.Query.Problem is { } problem)
        {
            return problem;
        }

        FigureHistory figures = control.Live.Figures;
        JsonWriter json = call.Json;
        json.StartObject();
        json.StartArray("columns"u8);
        foreach (string column in FigureJson.Columns)
        {
            json.String(column);
        }

        json.EndArray();
        Points(json, "points"u8, isBySecond ? figures.ReadSeconds(count) : figures.ReadMinutes(count));
        json.StartArray("pools"u8);
        foreach ((string pool, IReadOnlyList<FigurePoint> minutes) in figures.ReadPoolMinutes())
        {
            json.StartObject();
            json.String("pool"u8, pool);
            Points(json, "minutes"u8, minutes);
            json.EndObject();
        }

        json.EndArray();
        json.EndObject();
        return null;
    }

    private static void Points(JsonWriter json, ReadOnlySpan<byte> name, IReadOnlyList<FigurePoint> points)
    {
        json.StartArray(name);
        foreach (FigurePoint point in points)
        {
            FigureJson.Write(json, point);
        }

        json.EndArray();
    }

    private AdminError? Requests(AdminCall call)
    {
        AdminQuery query = call.Query;
        int limit = (int)query.Integer("limit", 2 * RecentRequests.Max, 1, 2 * RecentRequests.Max);
        long after = query.Integer("after", 0, 0, long.MaxValue);
        (string? key, string? group, string? pool, string? model) = (query.Text("key"), query.Text("group"), query.Text("pool"), query.Text("model"));
        (string? outcome, string? id) = (query.Text("outcome"), query.Text("id"));
        if (outcome is not (null or "failed" or "failed_over") && !Metrics.Outcomes.Contains(outcome))
        {
            query.Fail($"'outcome' must be one of: {string.Join(", ", Metrics.Outcomes)}, failed, failed_over");
        }

        if (query.Problem is { } problem)
        {
            return problem;
        }

        JsonWriter json = call.Json;
        json.StartObject();
        json.StartArray("requests"u8);
        foreach (RecentRequest request in control.Live.Requests.Read(after).Where(Matches).Take(limit))
        {
            RecentRequestJson.Write(json, request);
        }

        json.EndArray();
        json.Number("last_sequence"u8, control.Live.Requests.Last);
        json.EndObject();
        return null;

        bool Matches(RecentRequest request) =>
            (key is null || request.Key == key || request.KeyName == key)
            && (group is null || request.Group == group)
            && (pool is null || request.Pool == pool || request.ServedIn == pool)
            && (model is null || request.Lane == model || request.Failures?.Any(failure => failure.Lane == model) == true)
            && (id is null || request.RequestId == id || request.ProviderRequestId == id)
            && (outcome switch
            {
                null => true,
                "failed" => request.Outcome != Outcome.Ok,
                "failed_over" => request is { Outcome: Outcome.Ok, Failures.Count: > 0 },
                _ => Metrics.Outcomes[(int)request.Outcome] == outcome,
            });
    }

    private AdminError? Events(AdminCall call)
    {
        LiveSubscription? subscription = control.Live.Events.Join();
        if (subscription is null)
        {
            return new AdminError(503, "too_many_listeners",
                $"{LiveEvents.MaxListeners} listen to events already, or the process goes down; try again in a moment");
        }

        AdminRequest request = call.Request;
        call.Reply.ContentType = "text/event-stream";
        call.Reply.Held = subscription;
        call.Reply.Stream = (output, gone) => subscription.WriteAsync(output, () => request.IsLocal || isAdmitted(request.Headers), time, gone);
        return null;
    }

    private AdminError? History(AdminCall call)
    {
        IReadOnlyList<BreakerMoment> moments = control.Live.Breakers.Of(call.Subject);
        if (moments.Count == 0 && control.Fleet.Lanes.All(lane => lane.Name != call.Subject))
        {
            return AdminError.NotFound("there is no lane with this name; GET /admin/lanes lists them");
        }

        JsonWriter json = call.Json;
        json.StartObject();
        json.String("lane"u8, call.Subject);
        json.StartArray("changes"u8);
        foreach (BreakerMoment moment in moments)
        {
            json.StartObject();
            json.Number("at_ms"u8, moment.AtMs);
            json.String("pool"u8, moment.Pool);
            json.String("from"u8, Word(moment.From));
            json.String("to"u8, Word(moment.To));
            json.String("reason"u8, moment.Reason);
            json.Number("cooldown_s"u8, moment.CooldownS);
            json.EndObject();
        }

        json.EndArray();
        json.EndObject();
        return null;
    }

    private static string Word(BreakerState state) => state switch { BreakerState.Closed => "closed", BreakerState.HalfOpen => "half_open",
        _ => "open" };
}
