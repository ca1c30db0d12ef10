using Busbar.Wire.Json;

namespace Busbar.Commands.Remote;

/// <summary>The processes that share a database as people read them, one a row.</summary>
internal static class NodeTable
{
    /// <summary>Prints <paramref name="nodes"/>, a list of them as the admin API answers.</summary>
    public static void Print(JsonNode nodes, TextWriter output)
    {
        var table = new TextTable("NODE", "VERSION", "ADDRESS", "STARTED", "STATE");
        foreach (JsonNode node in nodes.Items)
        {
            table.Add(
                node["id"u8].Text.ToString(),
                node["version"u8].Text.ToString(),
                node["address"u8].Text.ToString(),
                $"{DateTimeOffset.FromUnixTimeSeconds(node["started_at"u8].Integer ?? 0):yyyy-MM-dd HH:mm:ss}Z",
                node["alive"u8].IsTrue ? node["self"u8].IsTrue ? "alive, this one" : "alive" : $"silent for {node["silent_secs"u8].Integer} s");
        }

        table.Write(output);
    }
}
