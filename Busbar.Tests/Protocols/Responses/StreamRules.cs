using System.Text;
using System.Text.Json;

namespace Busbar.Tests.Protocols.Responses;

/// <summary>
/// The rules a response stream must keep so that the official accumulators accept it, checked without the code that writes it. Every broken
/// rule is one line.
/// </summary>
internal sealed class StreamRules
{
    private static readonly string[] Terminals = ["response.completed", "response.incomplete", "response.failed"];

    private readonly List<string> _broken = [];
    private readonly List<JsonElement> _done = [];
    private readonly HashSet<string> _ids = [];
    private readonly HashSet<string> _callIds = [];
    private readonly Dictionary<int, string> _parts = [];
    private readonly Dictionary<int, StringBuilder> _words = [];
    private readonly StringBuilder _arguments = new();
    private string? _identity;
    private JsonElement? _item;
    private int _outputIndex = -1;
    private bool _ended;

    /// <summary>The broken rules of <paramref name="sse"/>.</summary>
    public static IReadOnlyList<string> Check(byte[] sse)
    {
        var rules = new StreamRules();
        int sequence = 0;
        foreach (Busbar.Wire.Framing.Frame frame in StreamScript.Frames(sse))
        {
            JsonElement data = Exchange.Parse(frame.Data);
            string type = data.GetProperty("type").GetString()!;
            rules.Require(frame.Is(Encoding.UTF8.GetBytes(type)), $"{type}: event name differs from type");
            rules.Require(data.GetProperty("sequence_number").GetInt32() == sequence, $"{type}: sequence number is not {sequence}");
            rules.Require(sequence != 0 || type == "response.created", "the first event is not response.created");
            rules.Require(sequence != 1 || type is "response.in_progress" or "response.failed", "the second event is not response.in_progress");
            rules.Require(!rules._ended, $"{type} after the terminal");
            sequence++;
            rules.See(type, data);
        }

        rules.Require(rules._ended, "no terminal event");
        return rules._broken;
    }

    private void See(string type, JsonElement data)
    {
        if (data.TryGetProperty("response", out JsonElement response))
        {
            string identity = $"{response.GetProperty("id")} {response.GetProperty("created_at")} {response.GetProperty("model")}";
            Require(response.GetProperty("id").GetString() is { Length: > 0 }, "response without id");
            Require((_identity ??= identity) == identity, $"{type}: id, created_at or model changed");
            if (Terminals.Contains(type))
            {
                End(type, response);
            }

            return;
        }

        if (type == "response.output_item.added")
        {
            Add(data);
            return;
        }

        Require(data.GetProperty("output_index").GetInt32() == _outputIndex && _item is not null, $"{type}: not of the open item");
        if (_item is not { } item)
        {
            return;
        }

        if (type == "response.output_item.done")
        {
            Finish(item, data.GetProperty("item"));
            return;
        }

        Require(data.GetProperty("item_id").GetString() == item.GetProperty("id").GetString(), $"{type}: other item id");
        SeePart(type, data, item.GetProperty("type").GetString()!);
    }

    private void Add(JsonElement data)
    {
        JsonElement item = data.GetProperty("item");
        Require(_item is null, "two items open");
        Require(data.GetProperty("output_index").GetInt32() == _outputIndex + 1, "output_index is not the next");
        Require(item.GetProperty("id").GetString() is { Length: > 0 } id && _ids.Add(id), "item id empty or used twice");
        if (item.GetProperty("type").GetString() is "function_call" or "custom_tool_call")
        {
            Require(item.GetProperty("call_id").GetString() is { Length: > 0 } callId && _callIds.Add(callId), "call id empty or used twice");
            Require(item.GetProperty("name").GetString() is { Length: > 0 }, "call without name");
        }

        _outputIndex = data.GetProperty("output_index").GetInt32();
        _item = item;
        _parts.Clear();
        _words.Clear();
        _arguments.Clear();
    }

    private void SeePart(string type, JsonElement data, string itemType)
    {
        switch (type)
        {
            case "response.content_part.added":
                Require(itemType == "message", "content part outside a message");
                AddPart(data.GetProperty("content_index").GetInt32(), data.GetProperty("part").GetProperty("type").GetString()!);
                break;
            case "response.reasoning_summary_part.added":
                Require(itemType == "reasoning", "summary outside reasoning");
                AddPart(data.GetProperty("summary_index").GetInt32(), "summary_text");
                break;
            case "response.output_text.delta":
                Require(data.GetProperty("logprobs").GetArrayLength() == 0, "text delta without logprobs");
                Words(data, "content_index", "output_text");
                break;
            case "response.refusal.delta":
                Words(data, "content_index", "refusal");
                break;
            case "response.reasoning_summary_text.delta":
                Words(data, "summary_index", "summary_text");
                break;
            case "response.output_text.annotation.added":
                Require(_parts.GetValueOrDefault(data.GetProperty("content_index").GetInt32()) == "output_text", "annotation outside a text part");
                break;
            case "response.output_text.done":
                Said(data, "content_index", data.GetProperty("text"));
                break;
            case "response.refusal.done":
                Said(data, "content_index", data.GetProperty("refusal"));
                break;
            case "response.reasoning_summary_text.done":
                Said(data, "summary_index", data.GetProperty("text"));
                break;
            case "response.content_part.done":
                JsonElement part = data.GetProperty("part");
                Said(data, "content_index", part.GetProperty(part.GetProperty("type").GetString() == "refusal" ? "refusal" : "text"));
                break;
            case "response.reasoning_summary_part.done":
                Said(data, "summary_index", data.GetProperty("part").GetProperty("text"));
                break;
            case "response.function_call_arguments.delta" or "response.custom_tool_call_input.delta":
                _arguments.Append(data.GetProperty("delta").GetString());
                break;
            case "response.function_call_arguments.done":
                Require(data.GetProperty("arguments").GetString() == _arguments.ToString(), "arguments differ from their deltas");
                break;
            case "response.custom_tool_call_input.done":
                Require(data.GetProperty("input").GetString() == _arguments.ToString(), "input differs from its deltas");
                break;
            default:
                _broken.Add($"unknown event {type}");
                break;
        }
    }

    private void AddPart(int index, string type)
    {
        Require(index == _parts.Count, "part index is not the next");
        _parts[index] = type;
        _words[index] = new StringBuilder();
    }

    private void Words(JsonElement data, string indexName, string type)
    {
        int index = data.GetProperty(indexName).GetInt32();
        Require(_parts.GetValueOrDefault(index) == type, $"delta of {type} without its part");
        string delta = data.GetProperty("delta").GetString()!;
        Require(delta.Length > 0, "empty delta");
        _words.GetValueOrDefault(index)?.Append(delta);
    }

    private void Said(JsonElement data, string indexName, JsonElement words) =>
        Require(_words.GetValueOrDefault(data.GetProperty(indexName).GetInt32())?.ToString() == words.GetString(),
            "done text differs from its deltas");

    private void Finish(JsonElement added, JsonElement done)
    {
        foreach (string fixedName in (string[])["id", "type", "call_id", "name"])
        {
            bool before = added.TryGetProperty(fixedName, out JsonElement first);
            bool after = done.TryGetProperty(fixedName, out JsonElement last);
            Require(before == after && (!before || first.GetString() == last.GetString()), $"{fixedName} of the item changed");
        }

        string type = done.GetProperty("type").GetString()!;
        string said = string.Concat(_words.OrderBy(part => part.Key).Select(part => part.Value.ToString()));
        string complete = type switch
        {
            "message" => Join(done.GetProperty("content")),
            "reasoning" => Join(done.GetProperty("summary")),
            "function_call" => done.GetProperty("arguments").GetString()!,
            "custom_tool_call" => done.GetProperty("input").GetString()!,
            _ => said,
        };
        Require(complete == (type.EndsWith("_call", StringComparison.Ordinal) && type != "image_generation_call" ? _arguments.ToString() : said),
            $"done {type} differs from its deltas");
        _done.Add(done);
        _item = null;
    }

    private static string Join(JsonElement parts) => string.Concat(parts.EnumerateArray().Select(part =>
        part.GetProperty(part.GetProperty("type").GetString() == "refusal" ? "refusal" : "text").GetString()));

    private void End(string type, JsonElement response)
    {
        _ended = true;
        Require(response.GetProperty("status").GetString() == type["response.".Length..], "status differs from the terminal's name");
        JsonElement[] output = [.. response.GetProperty("output").EnumerateArray()];
        Require(output.Length == _done.Count && output.Zip(_done).All(pair => JsonElement.DeepEquals(pair.First, pair.Second)),
            "output differs from the finished items");
        Require(type == "response.failed" || _item is null, "unfinished item at the end");
        Require(type == "response.failed" || response.GetProperty("usage").GetProperty("input_tokens_details").TryGetProperty("cached_tokens", out _),
            "no usage");
        Require((type == "response.failed") == (response.GetProperty("error").ValueKind == JsonValueKind.Object), "error and status disagree");
    }

    private void Require(bool holds, string rule)
    {
        if (!holds)
        {
            _broken.Add(rule);
        }
    }
}
