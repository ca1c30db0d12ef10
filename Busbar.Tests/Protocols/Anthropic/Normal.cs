using System.Text.Json.Nodes;

namespace Busbar.Tests.Protocols.Anthropic;

/// <summary>
/// Brings two spellings of the same request or answer to one form. Every rule here is a difference that means nothing to the provider.
/// </summary>
internal static class Normal
{
    public static JsonObject Request(JsonObject body)
    {
        body.Remove("model");                              // the target's name is written
        body["stream"] ??= false;                          // the default is written out
        DropNulls(body);                                   // null says what absence says
        Blocks(body, "system");                            // a string is one text block
        if (body["stop_sequences"] is JsonArray stops)
        {
            body["stop_sequences"] = new JsonArray([.. stops.Where(stop => stop!.GetValue<string>().Length > 0).Select(stop => stop!.DeepClone())]);
            if (body["stop_sequences"]!.AsArray().Count == 0)
            {
                body.Remove("stop_sequences");             // no stop string stops nothing
            }
        }

        DropEmpty(body, "tools");
        DropEmpty(body, "system");
        DropEmpty(body, "metadata");
        DropEmpty(body, "output_config");
        foreach (JsonNode? message in body["messages"]!.AsArray())
        {
            Blocks(message!.AsObject(), "content");
        }

        return body;
    }

    /// <summary>The keys a current answer always has, where an older recording leaves them out.</summary>
    public static JsonObject Answer(JsonObject body)
    {
        DropNulls(body);
        foreach (JsonNode? block in body["content"]!.AsArray())
        {
            block!.AsObject().Remove("caller");
        }

        return body;
    }

    private static void Blocks(JsonObject owner, string name)
    {
        if (owner[name] is JsonValue text)
        {
            owner[name] = text.GetValue<string>().Length == 0
                ? new JsonArray()
                : new JsonArray(new JsonObject { ["type"] = "text", ["text"] = text.GetValue<string>() });
        }

        foreach (JsonNode? block in owner[name] as JsonArray ?? [])
        {
            JsonObject item = block!.AsObject();
            if (item["type"]!.GetValue<string>() == "tool_result")
            {
                item["content"] ??= new JsonArray();
                Blocks(item, "content");
                if (item["is_error"]?.GetValue<bool>() == false)
                {
                    item.Remove("is_error");               // the default
                }
            }

            if (item["source"] is JsonObject source && source["type"]!.GetValue<string>() == "content")
            {
                Blocks(source, "content");
            }
        }
    }

    private static void DropEmpty(JsonObject owner, string name)
    {
        if (owner[name] is JsonArray { Count: 0 } or JsonObject { Count: 0 })
        {
            owner.Remove(name);
        }
    }

    private static void DropNulls(JsonNode? node)
    {
        if (node is JsonObject members)
        {
            foreach (string name in members.Where(member => member.Value is null).Select(member => member.Key).ToList())
            {
                members.Remove(name);
            }
        }

        foreach (JsonNode? child in node switch { JsonObject o => o.Select(member => member.Value), JsonArray a => a, _ => [] })
        {
            DropNulls(child);
        }
    }
}
