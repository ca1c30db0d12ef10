using System.Globalization;
using Busbar.Configuration;
using Busbar.Governance.Budgets;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Commands.Remote;

/// <summary><c>busbar keys</c>: virtual keys of a running gateway.</summary>
internal static class KeysCommand
{
    private static readonly string[] KeyOptions =
        ["--name", "--pool", "--budget-cents", "--period", "--rpm", "--tpm", "--max-concurrent", "--expires-in", "--group", "--group-id", "--label"];

    /// <summary>Runs one subcommand.</summary>
    /// <returns>0 when it is done, 1 when the gateway refused or did not answer, 2 for arguments that make no sense.</returns>
    public static async Task<int> RunAsync(string[] arguments, IEnvironment environment, TimeProvider time, TextWriter output, TextWriter error)
    {
        string verb = arguments.Length > 1 ? arguments[1] : "";
        (string[] options, string[] switches, int least, int most) = verb switch
        {
            "create" => (KeyOptions, (string[])["--soft", "--strict"], 0, 0),
            "update" => (KeyOptions, ["--soft", "--strict", "--all-pools", "--enable"], 1, 1),
            "list" => ([], [], 0, 0),
            "revoke" => ([], ["--delete"], 1, 1),
            "rotate" => (["--overlap"], [], 1, 1),
            "usage" => (["--from", "--until", "--by", "--group-id", "--by-label"], ["--csv"], 0, 1),
            "--help" or "-h" => ([], [], 0, 0),
            _ => ([], [], -1, -1),
        };
        if (most < 0)
        {
            return Misused(error, "say what to do: busbar keys create, list, update, revoke, rotate or usage");
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

        if (parsed.Words.Count < least || parsed.Words.Count > most)
        {
            return Misused(error, most == 0 ? $"'{verb}' takes no arguments, only options"
                : $"'{verb}' takes the id of one key, such as vk_0123456789abcdef");
        }

        if (verb == "update" && !options.Concat(switches).Any(parsed.Has))
        {
            return Misused(error, "say what to change, such as --budget-cents 5000 or --pool NAME");
        }

        using var body = new PooledBuffer(512);
        if (KeyRequest.Write(verb, parsed, time, new JsonWriter(body)) is { } wrong)
        {
            return Misused(error, wrong);
        }

        using AdminClient? client = AdminClient.Open(parsed, environment, error);
        if (client is null)
        {
            return 1;
        }

        string id = parsed.Words.Count > 0 ? Uri.EscapeDataString(parsed.Words[0]) : "";
        if (verb == "list")
        {
            return await ListAsync(client, parsed, output).ConfigureAwait(false);
        }

        (HttpMethod method, string path, bool hasBody) = verb switch
        {
            "create" => (HttpMethod.Post, "/admin/keys", true),
            "update" => (HttpMethod.Patch, $"/admin/keys/{id}", true),
            "revoke" when parsed.Has("--delete") => (HttpMethod.Delete, $"/admin/keys/{id}", false),
            "revoke" => (HttpMethod.Patch, $"/admin/keys/{id}", true),
            "rotate" => (HttpMethod.Post, $"/admin/keys/{id}/rotate", true),
            _ => (HttpMethod.Get, KeyRequest.UsagePath(id, parsed), false),
        };
        if (await client.CallAsync(method, path, hasBody ? body : null).ConfigureAwait(false) is not { } answer)
        {
            return 1;
        }

        if (parsed.Has("--csv"))
        {
            output.Write(System.Text.Encoding.UTF8.GetString(answer));
            return 0;
        }

        using var tape = new JsonTape();
        if (!tape.TryParse(answer))
        {
            error.WriteLine("busbar keys: the answer is not JSON");
            return 1;
        }

        if (parsed.Has("--json"))
        {
            output.WriteLine(tape.Root.Raw);
        }
        else
        {
            KeyReport.Print(verb, parsed, tape.Root, output, error);
        }

        return 0;
    }

    private static async Task<int> ListAsync(AdminClient client, AdminArguments parsed, TextWriter output)
    {
        var table = new TextTable("ID", "NAME", "ENABLED", "BUDGET", "RPM", "TPM", "POOLS", "CREATED");
        List<string> raw = [];
        string cursor = "";
        while (true)
        {
            using var tape = new JsonTape();
            if (await client.CallAsync(HttpMethod.Get, "/admin/keys" + cursor).ConfigureAwait(false) is not { } page || !tape.TryParse(page))
            {
                return 1;
            }

            foreach (JsonNode key in tape.Root["keys"u8].Items)
            {
                raw.Add(key.Raw.ToString());
                table.Add(
                    key["id"u8].Text.ToString(),
                    key["name"u8].Text.ToString(),
                    !key["enabled"u8].IsTrue ? "no" : key["blocked"u8].IsTrue ? "blocked" : "yes",
                    key["max_budget_cents"u8].Integer is { } cents ? $"{cents} c {key["budget_period"u8].Text}" : "-",
                    $"{key["rpm_limit"u8].Integer?.ToString(CultureInfo.InvariantCulture) ?? "-"}",
                    $"{key["tpm_limit"u8].Integer?.ToString(CultureInfo.InvariantCulture) ?? "-"}",
                    key["allowed_pools"u8][0].IsMissing ? "all" : key["allowed_pools"u8].Raw.ToString(),
                    BudgetWindow.DateOf(key["created_at"u8].Integer ?? 0));
            }

            if (!tape.Root["next_cursor"u8].IsString)
            {
                break;
            }

            cursor = $"?cursor={Uri.EscapeDataString(tape.Root["next_cursor"u8].Text.ToString())}";
        }

        if (parsed.Has("--json"))
        {
            output.WriteLine($"{{\"keys\":[{string.Join(',', raw)}]}}");
        }
        else
        {
            table.Write(output);
        }

        return 0;
    }

    private static int Misused(TextWriter error, string problem)
    {
        error.WriteLine($"busbar keys: {problem}; see busbar --help");
        return 2;
    }
}
