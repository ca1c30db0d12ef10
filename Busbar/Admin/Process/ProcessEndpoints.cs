using System.Globalization;
using System.IO.Compression;
using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Governance.Nodes;
using Busbar.Governance.Store;
using Busbar.Ir;
using Busbar.Reliability;
using Busbar.Wire.Json;

namespace Busbar.Admin.Process;

/// <summary>Answers what concerns the process as a whole: its configuration, its state, and what administrators did.</summary>
internal sealed class ProcessEndpoints(IGatewayControl control, Governor? governor, AuditLog audit, TimeProvider time)
{
    private const int MaxAudit = 1000;
    private const int MaxProblems = 20;

    private static readonly byte[] OpenApi = ReadOpenApi();

    private readonly long _started = time.GetTimestamp();
    private readonly long _startedAt = time.GetUtcNow().ToUnixTimeSeconds();

    /// <summary>The description of the admin API, OpenAPI 3.1.</summary>
    public static ReadOnlySpan<byte> OpenApiDocument => OpenApi;

    /// <summary>Answers <paramref name="call"/>; null when the answer is written, else what is wrong.</summary>
    public async ValueTask<AdminError?> RunAsync(AdminCall call)
    {
        switch (call.Action)
        {
            case AdminAction.ReadOpenApi:
                call.Reply.Body.Write(OpenApi);
                return null;
            case AdminAction.ReadConfig:
                WriteConfig(call.Json, control.Config);
                return null;
            case AdminAction.Reload:
                return await ReloadAsync(call).ConfigureAwait(false);
            case AdminAction.ReadAudit:
                return await AuditAsync(call).ConfigureAwait(false);
            case AdminAction.ListNodes:
                await NodesAsync(call).ConfigureAwait(false);
                return null;
            default:
                WriteStatus(call.Json);
                return null;
        }
    }

    private async ValueTask<AdminError?> ReloadAsync(AdminCall call)
    {
        ConfigResult result = await Task.Run(control.Reload).ConfigureAwait(false);
        bool isInForce = result.Config is not null;
        await Task.Run(() => audit.Note(isInForce ? "config.reload" : "config.reload_refused", "", "", call.Request.Source)).ConfigureAwait(false);
        if (!isInForce)
        {
            List<string> errors = [.. result.Errors.Select(problem => problem.ToString())];
            string rest = errors.Count > MaxProblems ? $"\nand {errors.Count - MaxProblems} more" : "";
            return new AdminError(
                409, "reload_refused",
            $"the configuration in force stays, since the files have errors:\n{string.Join('\n', errors.Take(MaxProblems))}{rest}");
        }

        JsonWriter json = call.Json;
        json.StartObject();
        json.Bool("reloaded"u8, true);
        json.StartArray("warnings"u8);
        foreach (ConfigProblem warning in result.Warnings)
        {
            json.String(warning.ToString());
        }

        json.EndArray();
        json.EndObject();
        return null;
    }

    private async ValueTask<AdminError?> AuditAsync(AdminCall call)
    {
        int limit = (int)call.Query.Integer("limit", 100, 1, MaxAudit);
        long before = call.Query.Integer("before", long.MaxValue, 1, long.MaxValue);
        if (call.Query.Problem is { } problem)
        {
            return problem;
        }

        IReadOnlyList<AuditEntry> entries = await Task.Run(() => audit.Read(before, limit)).ConfigureAwait(false);
        JsonWriter json = call.Json;
        json.StartObject();
        json.StartArray("entries"u8);
        foreach (AuditEntry entry in entries)
        {
            json.StartObject();
            json.Number("id"u8, entry.Id);
            json.Number("at"u8, entry.At);
            json.String("action"u8, entry.Action);
            json.String("subject"u8, entry.Subject);
            json.String("detail"u8, entry.Detail);
            json.String("source"u8, entry.Source);
            json.EndObject();
        }

        json.EndArray();
        json.EndObject();
        return null;
    }

    private async ValueTask NodesAsync(AdminCall call)
    {
        long self = governor?.Store is IFleetStore shared ? shared.Epoch : 0;
        IReadOnlyList<FleetNode> nodes = governor?.Store is IFleetStore store ? await Task.Run(store.ReadNodes).ConfigureAwait(false)
            : [new FleetNode(Environment.MachineName, 0, ProductVersion.Text, string.Join(", ", control.Config.Listeners), _startedAt, 0, false)];
        JsonWriter json = call.Json;
        json.StartObject();
        json.StartArray("nodes"u8);
        foreach (FleetNode node in nodes)
        {
            json.StartObject();
            json.String("id"u8, node.Id);
            json.Number("epoch"u8, node.Epoch);
            json.String("version"u8, node.Version);
            json.String("address"u8, node.Address);
            json.Number("started_at"u8, node.StartedAt);
            json.Number("silent_secs"u8, node.SilentSeconds);
            json.Bool("alive"u8, node.IsAlive);
            json.Bool("self"u8, node.Epoch == self);
            json.EndObject();
        }

        json.EndArray();
        json.EndObject();
    }

    private void WriteStatus(JsonWriter json)
    {
        Fleet fleet = control.Fleet;
        json.StartObject();
        json.String("version"u8, ProductVersion.Text);
        json.Number("uptime_secs"u8, (long)time.GetElapsedTime(_started).TotalSeconds);
        json.Bool("usable"u8, fleet.IsUsable);
        json.Number("pools"u8, fleet.Pools.Count);
        json.Number("lanes"u8, fleet.Lanes.Count);
        json.Number("usable_lanes"u8, fleet.Lanes.Count(lane => lane.IsUsable));
        json.Number("disabled_lanes"u8, fleet.Lanes.Count(lane => lane.IsDisabled));
        if (governor is not null)
        {
            json.Number("keys"u8, governor.Keys.Count);
            json.Number("open_reservations"u8, governor.OpenReservations);
            json.Number("held_cents"u8, governor.HeldNanos / Money.NanosPerCent);
            json.Number("ledger_lag_ms"u8, (long)governor.Ledger.Lag.TotalMilliseconds);
            json.Number("ledger_flush_errors"u8, governor.Ledger.FlushErrors);
            json.String("store"u8, governor.Store is IFleetStore ? "postgres" : "sqlite");
            if (governor.Watch is { } watch)
            {
                json.Number("database_away_secs"u8, (long)Math.Ceiling(watch.Away.TotalSeconds));
            }
        }

        json.EndObject();
    }

    private static void WriteConfig(JsonWriter json, GatewayConfig config)
    {
        json.StartObject();
        json.StartArray("values"u8);
        foreach ((string path, object? value) in EffectiveConfig.Values(config))
        {
            json.StartObject();
            json.String("path"u8, path);
            WriteValue(json, value);
            WriteOrigin(json, config.Origins.Find(path));
            json.EndObject();
        }

        json.EndArray();
        json.EndObject();
    }

    private static void WriteValue(JsonWriter json, object? value)
    {
        switch (value)
        {
            case SecretPresence presence:
                json.String("secret"u8, presence == SecretPresence.Present ? "present" : "absent");
                break;
            case null:
                json.Null("value"u8);
                break;
            case bool flag:
                json.Bool("value"u8, flag);
                break;
            case string text:
                json.String("value"u8, text);
                break;
            case IEnumerable<string> texts:
                json.StartArray("value"u8);
                foreach (string text in texts)
                {
                    json.String(text);
                }

                json.EndArray();
                break;
            case double number:
                json.Number("value"u8, number);
                break;
            default:
                json.Number("value"u8, Convert.ToInt64(value, CultureInfo.InvariantCulture));
                break;
        }
    }

    private static void WriteOrigin(JsonWriter json, ConfigOrigin? origin)
    {
        json.StartObject("origin"u8);
        if (origin is null)
        {
            json.String("source"u8, "default");
        }
        else
        {
            json.String("source"u8, origin.Variables.Count > 0 ? "environment" : "file");
            json.String("file"u8, origin.Location.File);
            json.Number("line"u8, origin.Location.Line);
            if (origin.Variables.Count > 0)
            {
                json.StartArray("variables"u8);
                foreach (string variable in origin.Variables)
                {
                    json.String(variable);
                }

                json.EndArray();
            }
        }

        json.EndObject();
    }

    private static byte[] ReadOpenApi()
    {
        using Stream stream = typeof(ProcessEndpoints).Assembly.GetManifestResourceStream("openapi.json.gz")
            ?? throw new InvalidOperationException("The resource openapi.json.gz is missing from the assembly.");
        using var plain = new GZipStream(stream, CompressionMode.Decompress);
        using var copy = new MemoryStream();
        plain.CopyTo(copy);
        return copy.ToArray();
    }
}
