using Busbar.Wire.Json;

namespace Busbar.Commands.Remote;

/// <summary>Lanes as people read them, one a row.</summary>
internal static class LaneTable
{
    /// <summary>Prints <paramref name="lanes"/>, lists of them as the admin API answers.</summary>
    public static void Print(ReadOnlySpan<JsonNode> lanes, TextWriter output)
    {
        var table = new TextTable("LANE", "PROVIDER", "KEY", "STATE", "IN FLIGHT", "OK", "ERRORS", "COOLDOWN");
        foreach (JsonNode list in lanes)
        {
            foreach (JsonNode lane in list.Items)
            {
                table.Add(
                    lane["model"u8].Text.ToString(),
                    lane["provider"u8].Text.ToString(),
                    $"{lane["key"u8].Integer}",
                    lane["availability"u8].Text.ToString(),
                    $"{lane["inflight"u8].Integer}",
                    $"{lane["ok"u8].Integer}",
                    $"{lane["err"u8].Integer}",
                    lane["cooldown_remaining_s"u8].Number is > 0 and var seconds ? $"{seconds:0.#} s" : "-");
            }
        }

        table.Write(output);
    }
}
