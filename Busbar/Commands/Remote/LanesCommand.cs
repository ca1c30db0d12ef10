using Busbar.Configuration;
using Busbar.Wire.Json;

namespace Busbar.Commands.Remote;

/// <summary><c>busbar lanes</c>: what a running gateway's lanes do, and an operator's word on it.</summary>
internal static class LanesCommand
{
    private static readonly string[] Acts = ["reset", "disable", "enable", "probe"];

    /// <summary>Runs one subcommand; without one, lanes are listed.</summary>
    /// <returns>0 when it is done, 1 when the gateway refused or did not answer, 2 for arguments that make no sense.</returns>
    public static async Task<int> RunAsync(string[] arguments, IEnvironment environment, TextWriter output, TextWriter error)
    {
        AdminArguments? parsed = AdminArguments.Parse(arguments.AsSpan(1), [], [], out string problem);
        if (parsed is null)
        {
            return Misused(error, problem);
        }

        if (parsed.WantsHelp)
        {
            output.Write(HelpText.OfAdministration);
            return 0;
        }

        string verb = parsed.Words.Count > 0 ? parsed.Words[0] : "list";
        if (verb != "list" && !Acts.Contains(verb))
        {
            return Misused(error, "say what to do: busbar lanes list, reset, disable, enable or probe");
        }

        if (parsed.Words.Count > 2 || (verb == "list" && parsed.Words.Count > 1))
        {
            return Misused(
                error, $"'{verb}' takes {(verb == "list" ? "no arguments, only options" : "the name of one lane, which is that of its model")}");
        }

        string? lane = parsed.Words.Count > 1 ? parsed.Words[1] : null;
        if (lane is null && verb is not ("list" or "reset"))
        {
            return Misused(error, $"'{verb}' takes the name of a lane, which is that of its model; busbar lanes list shows them");
        }

        using AdminClient? client = AdminClient.Open(parsed, environment, error);
        return client is null ? 1
            : verb == "list" ? await ListAsync(client, parsed, output, error).ConfigureAwait(false)
            : await ActAsync(client, verb, lane, parsed, output, error).ConfigureAwait(false);
    }

    private static async Task<int> ListAsync(AdminClient client, AdminArguments parsed, TextWriter output, TextWriter error)
    {
        using var list = new JsonTape();
        if (!await ReadAsync(client, HttpMethod.Get, "/admin/lanes", list, error).ConfigureAwait(false))
        {
            return 1;
        }

        Print([list.Root["lanes"u8]], parsed, output);
        return 0;
    }

    // Without a name, a reset is of all lanes.
    private static async Task<int> ActAsync(AdminClient client, string verb, string? lane, AdminArguments parsed, TextWriter output, TextWriter error)
    {
        using var all = new JsonTape();
        if (lane is null && !await ReadAsync(client, HttpMethod.Get, "/admin/lanes", all, error).ConfigureAwait(false))
        {
            return 1;
        }

        // A model has a lane for each key of its provider.
        HashSet<string> names = lane is null ? [] : [lane];
        foreach (JsonNode each in lane is null ? all.Root["lanes"u8].Items : default)
        {
            names.Add(each["model"u8].Text.ToString());
        }

        List<JsonTape> answers = [];
        try
        {
            foreach (string name in names)
            {
                answers.Add(new JsonTape());
                if (!await ReadAsync(client, HttpMethod.Post, $"/admin/lanes/{Uri.EscapeDataString(name)}/{verb}", answers[^1], error)
                    .ConfigureAwait(false))
                {
                    return 1;
                }
            }

            bool hasFailed = false;
            foreach (JsonNode probe in answers[^1].Root["probes"u8].Items)
            {
                if (!probe["ok"u8].IsTrue)
                {
                    error.WriteLine(
                        $"busbar lanes: the probe failed: status {probe["status"u8].Integer}, {TextTable.Clean(probe["fault"u8].Text.ToString())}");
                    hasFailed = true;
                }
            }

            Print([.. answers.Select(answer => answer.Root["lanes"u8])], parsed, output);
            return hasFailed ? 1 : 0;
        }
        finally
        {
            answers.ForEach(answer => answer.Dispose());
        }
    }

    private static async Task<bool> ReadAsync(AdminClient client, HttpMethod method, string path, JsonTape tape, TextWriter error)
    {
        if (await client.CallAsync(method, path).ConfigureAwait(false) is not { } answer)
        {
            return false;
        }

        if (tape.TryParse(answer))
        {
            return true;
        }

        error.WriteLine("busbar lanes: the answer is not JSON");
        return false;
    }

    private static void Print(ReadOnlySpan<JsonNode> lists, AdminArguments parsed, TextWriter output)
    {
        if (!parsed.Has("--json"))
        {
            LaneTable.Print(lists, output);
            return;
        }

        List<string> lanes = [];
        foreach (JsonNode list in lists)
        {
            foreach (JsonNode lane in list.Items)
            {
                lanes.Add(lane.Raw.ToString());
            }
        }

        output.WriteLine($"{{\"lanes\":[{string.Join(',', lanes)}]}}");
    }

    private static int Misused(TextWriter error, string problem)
    {
        error.WriteLine($"busbar lanes: {problem}; see busbar --help");
        return 2;
    }
}
