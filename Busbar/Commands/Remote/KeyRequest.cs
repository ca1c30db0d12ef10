using System.Globalization;
using System.Text;
using Busbar.Wire.Json;

namespace Busbar.Commands.Remote;

/// <summary>What <c>busbar keys</c> sends, made of its arguments.</summary>
internal static class KeyRequest
{
    private const string None = "none";

    private static readonly (string Option, string Member)[] Numbers =
        [("--budget-cents", "max_budget_cents"), ("--rpm", "rpm_limit"), ("--tpm", "tpm_limit"), ("--max-concurrent", "max_concurrent")];

    /// <summary>Writes the body of a subcommand; the result is what is wrong with the arguments, null for nothing.</summary>
    public static string? Write(string verb, AdminArguments parsed, TimeProvider time, JsonWriter json)
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
            case "create" when parsed.Last("--name") is null:
                return "--name is required: what the key is for, such as --name 'billing team'";
            case "create" or "update":
                return WriteKey(parsed, time, json, isChange: verb == "update");
        }

        json.EndObject();
        return null;
    }

    // In a change, what is not named stays as it is, and 'none' takes a limit away.
    private static string? WriteKey(AdminArguments parsed, TimeProvider time, JsonWriter json, bool isChange)
    {
        if (parsed.Last("--name") is { } name)
        {
            json.String("name"u8, name);
        }

        if (parsed.Has("--pool") && parsed.Has("--all-pools"))
        {
            return "--pool and --all-pools contradict each other";
        }

        if (!isChange || parsed.Has("--pool") || parsed.Has("--all-pools"))
        {
            json.StartArray("allowed_pools"u8);
            foreach (string pool in parsed.All("--pool"))
            {
                json.String(pool);
            }

            json.EndArray();
        }

        foreach ((string option, string member) in Numbers)
        {
            if (parsed.Last(option) is not { } text)
            {
                continue;
            }

            if (isChange && text == None)
            {
                json.Null(Encoding.UTF8.GetBytes(member));
                continue;
            }

            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number))
            {
                return isChange ? $"{option} takes a whole number, or none" : $"{option} takes a whole number";
            }

            Name(json, member);
            json.Number(number);
        }

        foreach ((string option, string member) in (ReadOnlySpan<(string, string)>)[
            ("--period", "budget_period"), ("--group", "group"), ("--group-id", "group_id")])
        {
            if (parsed.Last(option) is { } text)
            {
                if (isChange && text == None && option != "--period")
                {
                    json.Null(Encoding.UTF8.GetBytes(member));
                    continue;
                }

                Name(json, member);
                json.String(text);
            }
        }

        if (parsed.Has("--soft"))
        {
            json.Literal("enforcement"u8, "soft"u8);
        }

        if (parsed.Has("--strict"))
        {
            if (parsed.Has("--soft"))
            {
                return "--soft and --strict contradict each other";
            }

            json.Literal("enforcement"u8, "strict"u8);
        }

        if (isChange && parsed.Last("--expires-in") == None)
        {
            json.Null("expires_at"u8);
        }
        else if (parsed.Last("--expires-in") is { } duration)
        {
            if (Seconds(duration) is not { } seconds)
            {
                return "--expires-in takes a time such as 12h or 30d";
            }

            json.Number("expires_at"u8, time.GetUtcNow().ToUnixTimeSeconds() + seconds);
        }

        if (!isChange || parsed.Has("--label"))
        {
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
        }

        if (parsed.Has("--enable"))
        {
            json.Bool("enabled"u8, true);
        }

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
        return unit > 0 && int.TryParse(duration.AsSpan(0, duration.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int count)
            && count > 0 ? count * unit : null;
    }

    /// <summary>The call that asks for usage, of one key or of all.</summary>
    public static string UsagePath(string id, AdminArguments parsed)
    {
        List<string> query = [];
        foreach ((string name, string? value) in (ReadOnlySpan<(string, string?)>)
            [("key", id.Length > 0 ? parsed.Words[0] : null), ("from", parsed.Last("--from")), ("until", parsed.Last("--until")),
                ("group_by", parsed.Last("--by") ?? (parsed.Has("--by-label") ? "label" : null)),
            ("group", parsed.Last("--group-id")), ("label", parsed.Last("--by-label")), ("format", parsed.Has("--csv") ? "csv" : null)])
        {
            if (value is not null)
            {
                query.Add($"{name}={Uri.EscapeDataString(value)}");
            }
        }

        return $"/admin/usage?{string.Join('&', query)}";
    }
}
