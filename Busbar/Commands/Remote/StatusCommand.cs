using Busbar.Configuration;
using Busbar.Wire.Json;

namespace Busbar.Commands.Remote;

/// <summary><c>busbar status</c>: what a running gateway says of itself.</summary>
internal static class StatusCommand
{
    /// <summary>Asks and prints.</summary>
    /// <returns>0 when the gateway can serve, 1 when it cannot or does not answer, 2 for arguments that make no sense.</returns>
    public static async Task<int> RunAsync(string[] arguments, IEnvironment environment, TextWriter output, TextWriter error)
    {
        AdminArguments? parsed = AdminArguments.Parse(arguments.AsSpan(1), [], [], out string problem);
        if (parsed is { WantsHelp: true })
        {
            output.Write(HelpText.OfAdministration);
            return 0;
        }

        if (parsed is not { Words.Count: 0 })
        {
            error.WriteLine($"busbar status: {(problem.Length > 0 ? problem : "takes no arguments")}; see busbar --help");
            return 2;
        }

        using AdminClient? client = AdminClient.Open(parsed, environment, error);
        if (client is null
            || await client.CallAsync(HttpMethod.Get, "/admin/status").ConfigureAwait(false) is not { } status
            || await client.CallAsync(HttpMethod.Get, "/admin/lanes").ConfigureAwait(false) is not { } lanes)
        {
            return 1;
        }

        using var summary = new JsonTape();
        using var list = new JsonTape();
        if (!summary.TryParse(status) || !list.TryParse(lanes))
        {
            error.WriteLine("busbar status: the answer is not JSON");
            return 1;
        }

        // With the database away the rest is still worth to be seen.
        using var fleet = new JsonTape();
        bool isFleet = summary.Root["store"u8].Text.ToString() == "postgres"
            && await client.CallAsync(HttpMethod.Get, "/admin/nodes").ConfigureAwait(false) is { } answer && fleet.TryParse(answer);
        bool isUsable = summary.Root["usable"u8].IsTrue;
        if (parsed.Has("--json"))
        {
            output.WriteLine(
                $"{{\"status\":{summary.Root.Raw},\"lanes\"" +
                $":{list.Root["lanes"u8].Raw}{(isFleet ? $",\"nodes\":{fleet.Root["nodes"u8].Raw}" : "")}}}");
            return isUsable ? 0 : 1;
        }

        JsonNode root = summary.Root;
        string keys = root["keys"u8].IsMissing ? ", no governance"
            : $", {Number("keys"u8)} keys, {Number("open_reservations"u8)} requests hold reservations";
        output.WriteLine(
            $"busbar {TextTable.Clean(root["version"u8].Text.ToString())}, " +
            $"up {TimeSpan.FromSeconds(root["uptime_secs"u8].Integer ?? 0)}, {(isUsable ? "usable" : "NOT USABLE: no lane can serve")}");
        output.WriteLine(
            $"{Number("usable_lanes"u8)} of {Number("lanes"u8)} lanes usable, {Number("disabled_lanes"u8)} disabled, {Number("pools"u8)} " +
            $"pools{keys}");
        output.WriteLine();
        if (isFleet)
        {
            NodeTable.Print(fleet.Root["nodes"u8], output);
            output.WriteLine();
        }

        LaneTable.Print([list.Root["lanes"u8]], output);
        return isUsable ? 0 : 1;

        long Number(ReadOnlySpan<byte> name) => root[name].Integer ?? 0;
    }
}
