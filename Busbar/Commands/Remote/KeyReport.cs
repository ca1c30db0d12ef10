using System.Globalization;
using Busbar.Wire.Json;

namespace Busbar.Commands.Remote;

/// <summary>What <c>busbar keys</c> prints for people.</summary>
internal static class KeyReport
{
    /// <summary>Prints the answer to a subcommand.</summary>
    public static void Print(string verb, AdminArguments parsed, JsonNode answer, TextWriter output, TextWriter error)
    {
        switch (verb)
        {
            case "create" or "rotate":
                output.WriteLine($"id      {TextTable.Clean(answer["id"u8].Text.ToString())}");
                output.WriteLine($"name    {TextTable.Clean(answer["name"u8].Text.ToString())}");
                output.WriteLine($"secret  {TextTable.Clean(answer["secret"u8].Text.ToString())}");
                error.WriteLine("This is the only time the secret is shown.");
                PrintWarnings(answer, error);
                break;
            case "update":
                output.WriteLine($"updated {parsed.Words[0]}");
                PrintWarnings(answer, error);
                break;
            case "revoke":
                output.WriteLine(parsed.Has("--delete") ? $"deleted {parsed.Words[0]} and its usage"
                    : $"revoked {parsed.Words[0]}; its usage is kept");
                break;
            default:
                PrintUsage(answer, output);
                break;
        }
    }

    private static void PrintWarnings(JsonNode answer, TextWriter error)
    {
        foreach (JsonNode warning in answer["warnings"u8].Items)
        {
            error.WriteLine($"busbar: warning: {TextTable.Clean(warning.Text.ToString())}");
        }
    }

    private static void PrintUsage(JsonNode answer, TextWriter output)
    {
        var table = new TextTable("DAY", "KEY", "GROUP", "LABEL", "MODEL", "REQUESTS", "CENTS", "INPUT", "CACHED", "OUTPUT");
        foreach (JsonNode row in answer["usage"u8].Items)
        {
            Row(row, Text(row, "day"u8), Text(row, "key"u8), Text(row, row["group_name"u8].IsNull ? "group"u8 : "group_name"u8), Text(row, "label"u8),
                Text(row, "model"u8));
        }

        Row(answer["total"u8], "total", "", "", "", "");
        table.Write(output);
        if (answer["truncated"u8].IsTrue)
        {
            output.WriteLine("There are more lines; the total covers them. Narrow it with an id, --from, --until or --by.");
        }

        void Row(JsonNode sum, string day, string key, string group, string label, string model) => table.Add(
            day,
            key,
            group,
            label,
            model,
            $"{sum["requests"u8].Integer}",
            ((sum["spend_micro_cents"u8].Integer ?? 0) / 1_000_000m).ToString("0.####", CultureInfo.InvariantCulture),
            $"{sum["input_tokens"u8].Integer}",
            $"{(sum["cache_read_tokens"u8].Integer ?? 0) + (sum["cache_write_tokens"u8].Integer ?? 0)}",
            $"{sum["output_tokens"u8].Integer}");

        static string Text(JsonNode row, ReadOnlySpan<byte> name) => row[name].IsNull ? "-" : row[name].Text.ToString();
    }
}
