using Busbar.Protocols.Forms;
using Busbar.Wire.Json;

namespace Busbar.Protocols;

/// <summary>
/// The human-readable part of an error, wherever a host puts it. Vendors use a string; compatible hosts nest objects, lists and FastAPI's
/// <c>detail</c>.
/// </summary>
internal static class ErrorWords
{
    private const int MaxDepth = 4;

    /// <summary>The words in <paramref name="node"/>, at most <paramref name="most"/> characters; null when there are none.</summary>
    public static string? Of(JsonNode node, int most)
    {
        string? words = Find(node, MaxDepth);
        return string.IsNullOrEmpty(words) ? null : words.Length <= most ? words : words[..most];
    }

    /// <summary>
    /// The parameter that the first entry of FastAPI's <c>detail</c> is about, without the place it was sent in; null when there is none.
    /// </summary>
    public static string? Param(JsonNode detail) => Place(detail[0]);

    private static string? Place(JsonNode entry)
    {
        foreach (JsonNode step in entry["loc"u8].Items)
        {
            if (step.IsString && !step.Text.Is("body"u8) && !step.Text.Is("query"u8))
            {
                return step.Text.ToString();
            }
        }

        return null;
    }

    private static string? Find(JsonNode node, int depth)
    {
        if (node.IsString)
        {
            return node.Text.ToString();
        }

        if (depth == 0 || !node.IsObject)
        {
            return depth > 0 && node.IsArray ? Find(node[0], depth - 1) : null;
        }

        string? words = Find(node["message"u8], depth - 1) ?? Find(node["msg"u8], depth - 1) ?? Find(node["detail"u8], depth - 1)
            ?? Find(node["error"u8], depth - 1) ?? Find(node["errors"u8], depth - 1) ?? Find(node["Message"u8], depth - 1);
        return words is not null && Place(node) is { } place ? $"{place}: {words}" : words;
    }
}
