using System.Globalization;
using Busbar.Wire;

namespace Busbar.Commands;

/// <summary>What <c>busbar keys</c> sends, made of its arguments.</summary>
internal static class KeyRequest
{
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

    /// <summary>The call that asks for usage, of one key or of all.</summary>
    public static string UsagePath(string id, AdminArguments parsed)
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
}
