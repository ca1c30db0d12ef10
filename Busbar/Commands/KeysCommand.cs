using System.Globalization;
using Busbar.Configuration;
using Busbar.Wire;

namespace Busbar.Commands;

/// <summary><c>busbar keys</c>: virtual keys of a running gateway.</summary>
internal static class KeysCommand
{
    private static readonly string[] CreateOptions =
        ["--name", "--pool", "--budget-cents", "--period", "--rpm", "--tpm", "--max-concurrent", "--expires-in", "--group", "--label"];

    private static readonly (string Option, string Member)[] Numbers =
        [("--budget-cents", "max_budget_cents"), ("--rpm", "rpm_limit"), ("--tpm", "tpm_limit"), ("--max-concurrent", "max_concurrent")];

    /// <summary>Runs one subcommand.</summary>
    /// <returns>0 when it is done, 1 when the gateway refused or did not answer, 2 for arguments that make no sense.</returns>
    public static async Task<int> RunAsync(string[] arguments, IEnvironment environment, TimeProvider time, TextWriter output, TextWriter error)
    {
        string verb = arguments.Length > 1 ? arguments[1] : "";
        (string[] options, string[] switches, int least, int most) = verb switch
        {
            "create" => (CreateOptions, (string[])["--soft"], 0, 0),
            "list" => ([], [], 0, 0),
            "revoke" => ([], ["--delete"], 1, 1),
            "rotate" => (["--overlap"], [], 1, 1),
            "usage" => (["--from", "--until", "--by"], [], 0, 1),
            _ => ([], [], -1, -1),
        };
        if (most < 0)
        {
            return Misused(error, "say what to do: busbar keys create, list, revoke, rotate or usage");
        }

        if (AdminArguments.Parse(arguments.AsSpan(2), options, switches, out string problem) is not { } parsed)
        {
            return Misused(error, problem);
        }

        if (parsed.Words.Count < least || parsed.Words.Count > most)
        {
            return Misused(error, most == 0 ? $"'{verb}' takes no words, only options" : $"'{verb}' takes the id of one key, such as vk_0123456789abcdef");
        }

        using var body = new PooledBuffer(512);
        if (Write(verb, parsed, time, new JsonWriter(body)) is { } wrong)
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
            "revoke" when parsed.Has("--delete") => (HttpMethod.Delete, $"/admin/keys/{id}", false),
            "revoke" => (HttpMethod.Patch, $"/admin/keys/{id}", true),
            "rotate" => (HttpMethod.Post, $"/admin/keys/{id}/rotate", true),
            _ => (HttpMethod.Get, UsagePath(id, parsed), false),
        };
        if (await client.CallAsync(method, path, hasBody ? body : null).ConfigureAwait(false) is not { } answer)
        {
            return 1;
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
            Print(verb, parsed, tape.Root, output, error);
        }

        return 0;
    }

    // What is wrong with the arguments, or null and the body in the writer.
    private static string? Write(string verb, AdminArguments parsed, TimeProvider time, JsonWriter json)
    {
        json.StartObject();
        switch (verb)
        {
            case "revoke":
                json.Bool("enabled"u8, false);
                break;
            case "rotate" when parsed.Last("--overlap") is { } text:
                if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long overlap))
                {
                    return "--overlap takes a whole number of seconds";
                }

                json.Number("overlap_seconds"u8, overlap);
                break;
            case "create":
                return WriteKey(parsed, time, json);
        }

        json.EndObject();
        return null;
    }

    private static string? WriteKey(AdminArguments parsed, TimeProvider time, JsonWriter json)
    {
        if (parsed.Last("--name") is not { } name)
        {
            return "--name is required: what the key is for, such as --name 'billing team'";
        }

        json.String("name"u8, name);
        json.StartArray("allowed_pools"u8);
        foreach (string pool in parsed.All("--pool"))
        {
            json.String(pool);
        }

        json.EndArray();
        foreach ((string option, string member) in Numbers)
        {
            if (parsed.Last(option) is not { } text)
            {
                continue;
            }

            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            {
                return $"{option} takes a whole number";
            }

            Name(json, member);
            json.Number(number);
        }

        foreach ((string option, string member) in (ReadOnlySpan<(string, string)>)[("--period", "budget_period"), ("--group", "group")])
        {
            if (parsed.Last(option) is { } text)
            {
                Name(json, member);
                json.String(text);
            }
        }

        if (parsed.Has("--soft"))
        {
            json.Literal("enforcement"u8, "soft"u8);
        }

        if (parsed.Last("--expires-in") is { } duration)
        {
            if (Seconds(duration) is not { } seconds)
            {
                return "--expires-in takes a time such as 12h or 30d";
            }

            json.Number("expires_at"u8, time.GetUtcNow().ToUnixTimeSeconds() + seconds);
        }

        json.StartObject("labels"u8);
        foreach (string label in parsed.All("--label"))
        {
            int equals = label.IndexOf('=');
            if (equals < 1)
            {
                return "--label takes name=value";
            }

            Name(json, label[..equals]);
            json.String(label[(equals + 1)..]);
        }

        json.EndObject();
        json.EndObject();
        return null;
    }

    private static void Name(JsonWriter json, string name)
    {
        json.String(name);
        json.Output.Write((byte)':');
    }

    private static long? Seconds(string duration)
    {
        long unit = duration.Length == 0 ? 0 : duration[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86_400, _ => 0 };
        return unit > 0 && int.TryParse(duration.AsSpan(0, duration.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0 ? count * unit : null;
    }

    private static string UsagePath(string id, AdminArguments parsed)
    {
        List<string> query = [];
        foreach ((string name, string? value) in (ReadOnlySpan<(string, string?)>)
            [("key", id.Length > 0 ? parsed.Words[0] : null), ("from", parsed.Last("--from")), ("until", parsed.Last("--until")), ("group_by", parsed.Last("--by"))])
        {
            if (value is not null)
            {
                query.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }

        return $"/admin/usage?{string.Join('&', query)}";
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
                    key["enabled"u8].IsTrue ? "yes" : "no",
                    key["max_budget_cents"u8].Integer is { } cents ? $"{cents} c {key["budget_period"u8].Text}" : "-",
                    $"{key["rpm_limit"u8].Integer?.ToString(CultureInfo.InvariantCulture) ?? "-"}",
                    $"{key["tpm_limit"u8].Integer?.ToString(CultureInfo.InvariantCulture) ?? "-"}",
                    key["allowed_pools"u8][0].IsMissing ? "all" : key["allowed_pools"u8].Raw.ToString(),
                    Day(key["created_at"u8].Integer ?? 0));
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

    private static void Print(string verb, AdminArguments parsed, JsonNode answer, TextWriter output, TextWriter error)
    {
        switch (verb)
        {
            case "create" or "rotate":
                output.WriteLine($"id      {TextTable.Clean(answer["id"u8].Text.ToString())}");
                output.WriteLine($"name    {TextTable.Clean(answer["name"u8].Text.ToString())}");
                output.WriteLine($"secret  {TextTable.Clean(answer["secret"u8].Text.ToString())}");
                error.WriteLine("This is the only time the secret is shown.");
                break;
            case "revoke":
                output.WriteLine(parsed.Has("--delete") ? $"deleted {parsed.Words[0]} and its usage" : $"revoked {parsed.Words[0]}; its usage is kept");
                break;
            default:
                PrintUsage(answer, output);
                break;
        }
    }

    private static void PrintUsage(JsonNode answer, TextWriter output)
    {
        var table = new TextTable("DAY", "KEY", "MODEL", "REQUESTS", "CENTS", "INPUT", "CACHED", "OUTPUT");
        foreach (JsonNode row in answer["usage"u8].Items)
        {
            Row(row, Text(row, "day"u8), Text(row, "key"u8), Text(row, "model"u8));
        }

        Row(answer["total"u8], "total", "", "");
        table.Write(output);
        if (answer["truncated"u8].IsTrue)
        {
            output.WriteLine("There are more lines; the total covers them. Narrow it with an id, --from, --until or --by.");
        }

        void Row(JsonNode sum, string day, string key, string model) => table.Add(
            day,
            key,
            model,
            $"{sum["requests"u8].Integer}",
            ((sum["spend_micro_cents"u8].Integer ?? 0) / 1_000_000m).ToString("0.####", CultureInfo.InvariantCulture),
            $"{sum["input_tokens"u8].Integer}",
            $"{(sum["cache_read_tokens"u8].Integer ?? 0) + (sum["cache_write_tokens"u8].Integer ?? 0)}",
            $"{sum["output_tokens"u8].Integer}");

        static string Text(JsonNode row, ReadOnlySpan<byte> name) => row[name].IsMissing ? "-" : row[name].Text.ToString();
    }

    private static string Day(long second) => DateTimeOffset.FromUnixTimeSeconds(Math.Clamp(second, 0, 253_402_300_799)).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static int Misused(TextWriter error, string problem)
    {
        error.WriteLine($"busbar keys: {problem}; see busbar --help");
        return 2;
    }
}
