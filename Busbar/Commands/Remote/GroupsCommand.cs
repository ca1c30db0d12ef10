using System.Globalization;
using Busbar.Configuration;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Commands.Remote;

/// <summary><c>busbar groups</c>: the tree of groups of a running gateway.</summary>
internal static class GroupsCommand
{
    private static readonly string[] Options = ["--name", "--parent", "--limit", "--child-limit"];

    /// <summary>Runs one subcommand.</summary>
    /// <returns>0 when it is done, 1 when the gateway refused or did not answer, 2 for arguments that make no sense.</returns>
    public static async Task<int> RunAsync(string[] arguments, IEnvironment environment, TextWriter output, TextWriter error)
    {
        string verb = arguments.Length > 1 ? arguments[1] : "";
        (string[] options, string[] switches, int words) = verb switch
        {
            "create" => (Options, (string[])[], 0),
            "update" => (Options, ["--no-limits", "--no-child-limits"], 1),
            "list" or "--help" or "-h" => ([], [], 0),
            "show" or "freeze" or "unfreeze" or "delete" => ([], [], 1),
            _ => ([], [], -1),
        };
        if (words < 0)
        {
            return Misused(error, "say what to do: busbar groups create, list, show, update, freeze, unfreeze or delete");
        }

        if (AdminArguments.Parse(arguments.AsSpan(verb.StartsWith('-') ? 1 : 2), options, switches, out string problem) is not { } parsed)
        {
            return Misused(error, problem);
        }

        if (parsed.WantsHelp)
        {
            output.Write(HelpText.OfAdministration);
            return 0;
        }

        if (parsed.Words.Count != words)
        {
            return Misused(error, words == 0 ? $"'{verb}' takes no arguments, only options"
                : $"'{verb}' takes the id of one group, such as grp_0123456789abcdef");
        }

        using var body = new PooledBuffer(512);
        if (Write(verb, parsed, new JsonWriter(body)) is { } wrong)
        {
            return Misused(error, wrong);
        }

        using AdminClient? client = AdminClient.Open(parsed, environment, error);
        if (client is null)
        {
            return 1;
        }

        if (verb == "list")
        {
            return await ListAsync(client, parsed, output).ConfigureAwait(false);
        }

        string path = verb == "create" ? "/admin/groups" : $"/admin/groups/{Uri.EscapeDataString(parsed.Words[0])}";
        HttpMethod method = verb switch { "create" => HttpMethod.Post, "show" => HttpMethod.Get, "delete" => HttpMethod.Delete,
            _ => HttpMethod.Patch };
        if (await client.CallAsync(method, path, verb is "show" or "delete" ? null : body).ConfigureAwait(false) is not { } answer)
        {
            return 1;
        }

        using var tape = new JsonTape();
        if (!tape.TryParse(answer))
        {
            error.WriteLine("busbar groups: the answer is not JSON");
            return 1;
        }

        if (parsed.Has("--json"))
        {
            output.WriteLine(tape.Root.Raw);
        }
        else if (verb == "delete")
        {
            output.WriteLine($"deleted {parsed.Words[0]}");
        }
        else
        {
            Print(tape.Root, output);
        }

        return 0;
    }

    private static string? Write(string verb, AdminArguments parsed, JsonWriter json)
    {
        json.StartObject();
        switch (verb)
        {
            case "create" when parsed.Last("--name") is null:
                return "--name is required: what people call the group";
            case "update" when !Options.Concat(["--no-limits", "--no-child-limits"]).Any(parsed.Has):
                return "say what to change, such as --parent ID or --limit budget/month=50000";
            case "freeze" or "unfreeze":
                json.Bool("frozen"u8, verb == "freeze");
                break;
            case "create" or "update":
                if (parsed.Last("--name") is { } name)
                {
                    json.String("name"u8, name);
                }

                if (parsed.Last("--parent") is "none")
                {
                    json.Null("parent_id"u8);
                }
                else if (parsed.Last("--parent") is { } parent)
                {
                    json.String("parent_id"u8, parent);
                }

                if (WriteLimits(parsed, "limit", "limits"u8, json) is { } wrong)
                {
                    return wrong;
                }

                if (WriteLimits(parsed, "child-limit", "child_limits"u8, json) is { } other)
                {
                    return other;
                }

                break;
        }

        json.EndObject();
        return null;
    }

    // budget/month=50000, requests/minute@smart=600, budget/rolling:30=1000, concurrency=8.
    private static string? WriteLimits(AdminArguments parsed, string option, ReadOnlySpan<byte> member, JsonWriter json)
    {
        if (!parsed.Has("--" + option) && !parsed.Has($"--no-{option}s"))
        {
            return null;
        }

        json.StartArray(member);
        foreach (string text in parsed.All("--" + option))
        {
            int equals = text.LastIndexOf('=');
            if (equals < 1 || !long.TryParse(text.AsSpan(equals + 1), NumberStyles.None, CultureInfo.InvariantCulture, out long max))
            {
                return $"--{option} takes KIND/WINDOW=MAX, such as budget/month=50000, requests/minute@POOL=600 or concurrency=8";
            }

            string what = text[..equals];
            int at = what.IndexOf('@');
            string? pool = at < 0 ? null : what[(at + 1)..];
            string[] parts = (at < 0 ? what : what[..at]).Split('/', 2);
            string[] window = parts.Length > 1 ? parts[1].Split(':', 2) : [];
            json.StartObject();
            json.String("kind"u8, parts[0]);
            if (window.Length > 0)
            {
                json.String("window"u8, window[0]);
            }

            if (window.Length > 1)
            {
                if (!long.TryParse(window[1], NumberStyles.None, CultureInfo.InvariantCulture, out long number))
                {
                    return $"--{option}: what follows ':' is the number of days, or the day on which the week or the month begins";
                }

                json.Number(window[0] == "rolling" ? "days"u8 : "start_day"u8, number);
            }

            json.Number(parts[0] == "budget" ? "max_cents"u8 : "max"u8, max);
            if (pool is not null)
            {
                json.String("pool"u8, pool);
            }

            json.EndObject();
        }

        json.EndArray();
        return null;
    }

    private static async Task<int> ListAsync(AdminClient client, AdminArguments parsed, TextWriter output)
    {
        var table = new TextTable("ID", "NAME", "PARENT", "FROZEN", "LIMITS");
        List<string> raw = [];
        string cursor = "";
        while (true)
        {
            using var tape = new JsonTape();
            if (await client.CallAsync(HttpMethod.Get, "/admin/groups" + cursor).ConfigureAwait(false) is not { } page || !tape.TryParse(page))
            {
                return 1;
            }

            foreach (JsonNode group in tape.Root["groups"u8].Items)
            {
                raw.Add(group.Raw.ToString());
                List<string> limits = [];
                foreach (JsonNode limit in group["limits"u8].Items)
                {
                    limits.Add(Limit(limit));
                }

                table.Add(
                    group["id"u8].Text.ToString(),
                    group["name"u8].Text.ToString(),
                    group["parent_id"u8].IsNull ? "-" : group["parent_id"u8].Text.ToString(),
                    group["frozen"u8].IsTrue ? "yes" : group["frozen_above"u8].IsTrue ? "above" : "no",
                    limits.Count == 0 ? "-" : string.Join(", ", limits));
            }

            if (!tape.Root["next_cursor"u8].IsString)
            {
                break;
            }

            cursor = $"?cursor={Uri.EscapeDataString(tape.Root["next_cursor"u8].Text.ToString())}";
        }

        if (parsed.Has("--json"))
        {
            output.WriteLine($"{{\"groups\":[{string.Join(',', raw)}]}}");
        }
        else
        {
            table.Write(output);
        }

        return 0;
    }

    private static void Print(JsonNode group, TextWriter output)
    {
        output.WriteLine($"id      {group["id"u8].Text}");
        output.WriteLine($"name    {TextTable.Clean(group["name"u8].Text.ToString())}");
        output.WriteLine($"parent  {(group["parent_id"u8].IsNull ? "-" : group["parent_id"u8].Text.ToString())}");
        output.WriteLine($"frozen  {(group["frozen"u8].IsTrue ? "yes" : group["frozen_above"u8].IsTrue ? "above" : "no")}");
        foreach (JsonNode limit in group["limits"u8].Items)
        {
            output.WriteLine($"limit   {Limit(limit)}");
        }

        foreach (JsonNode limit in group["child_limits"u8].Items)
        {
            output.WriteLine($"child   {Limit(limit)}");
        }
    }

    private static string Limit(JsonNode limit)
    {
        string window = limit["window"u8].IsNull ? "" : $"/{limit["window"u8].Text}";
        string pool = limit["pool"u8].IsNull ? "" : $"@{TextTable.Clean(limit["pool"u8].Text.ToString())}";
        long? max = limit["max_cents"u8].Integer ?? limit["max"u8].Integer;
        long? used = limit["used_cents"u8].Integer ?? limit["used"u8].Integer;
        string unit = limit["max_cents"u8].Integer is null ? "" : " c";
        return $"{limit["kind"u8].Text}{window}{pool} {(used is { } known ? $"{known} of " : "")}{max}{unit}";
    }

    private static int Misused(TextWriter error, string problem)
    {
        error.WriteLine($"busbar groups: {problem}; see busbar --help");
        return 2;
    }
}
