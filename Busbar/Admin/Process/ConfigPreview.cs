using Busbar.Configuration;
using Busbar.Configuration.Model;
using Busbar.Governance.Budgets;
using Busbar.Wire.Json;

namespace Busbar.Admin.Process;

/// <summary>
/// Answers what a reload would do: what is wrong with the files, how they differ from what is in force, and whom that hits. Changes nothing.
/// </summary>
internal sealed class ConfigPreview(IGatewayControl control, Governor? governor, TimeProvider time)
{
    private const int MaxProblems = 200;
    private const int MaxChanges = 2000;

    /// <summary>Answers <paramref name="call"/>.</summary>
    public async ValueTask<AdminError?> RunAsync(AdminCall call)
    {
        await Task.Run(() => Write(call.Json)).ConfigureAwait(false);
        return null;
    }

    private void Write(JsonWriter json)
    {
        GatewayConfig inForce = control.Config;
        ConfigResult loaded = control.Preview();
        json.StartObject();
        json.Bool("valid"u8, loaded.Config is not null);
        json.StartArray("problems"u8);
        foreach (ConfigProblem problem in loaded.Problems.OrderByDescending(problem => problem.Severity == ProblemSeverity.Error).Take(MaxProblems))
        {
            json.StartObject();
            json.String("severity"u8, problem.Severity == ProblemSeverity.Error ? "error" : "warning");
            json.String("path"u8, problem.Path);
            json.String("text"u8, problem.ToString());
            json.EndObject();
        }

        json.EndArray();
        json.StartArray("changes"u8);
        IReadOnlyList<ConfigChange> changes = loaded.Config is { } next ? ConfigChange.Between(inForce, next) : [];
        foreach (ConfigChange change in changes.Take(MaxChanges))
        {
            Write(json, change, loaded);
        }

        json.EndArray();
        json.Number("changes_left_out"u8, Math.Max(0, changes.Count - MaxChanges));
        json.StartArray("effects"u8);
        foreach (string effect in loaded.Config is { } config ? ReloadEffects.Of(inForce, config, control.Fleet, governor?.Keys.Entries ?? [], time)
            : [])
        {
            json.String(effect);
        }

        json.EndArray();
        json.EndObject();
    }

    private static void Write(JsonWriter json, ConfigChange change, ConfigResult loaded)
    {
        json.StartObject();
        json.String("path"u8, change.Path);
        json.String("kind"u8, change.Kind);
        Member(json, "before"u8, change.Before);
        Member(json, "after"u8, change.After);
        json.Bool("needs_restart"u8, change.WaitsForRestart(loaded));
        if (loaded.Config?.Origins.Find(change.Path)?.Location is { } place)
        {
            json.String("file"u8, place.File);
            json.Number("line"u8, place.Line);
        }

        json.EndObject();
    }

    private static void Member(JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
        {
            json.Null(name);
        }
        else
        {
            json.String(name, value);
        }
    }
}
