using System.Text.Json;
using System.Text.RegularExpressions;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>
/// What vendors refuse although their schemas allow it: uniqueness, lengths, characters and places. Every request that a test has translated is held
/// against these rules.
/// </summary>
internal static class VendorRules
{
    private static readonly string[] Foreign =
    [
        "thinking", "output_config", "stop_sequences", "system", "cache_control", "betas", "context_management", "mcp_servers", "container",
        "generationConfig",
        "contents", "inferenceConfig", "toolConfig",
    ];

    /// <summary>What <paramref name="body"/> does that the vendor behind <paramref name="target"/> refuses; empty when all is well.</summary>
    public static List<string> Broken(ProtocolId protocol, JsonElement body, EgressTarget target)
    {
        var broken = new List<string>();
        switch (protocol)
        {
            case ProtocolId.Anthropic:
                Anthropic(body, target, broken);
                break;
            case ProtocolId.OpenAI:
                Chat(body, target, broken);
                break;
            case ProtocolId.Responses:
                Responses(body, broken);
                break;
            case ProtocolId.Gemini:
                Gemini(body, broken);
                break;
            case ProtocolId.Bedrock:
                Converse(body, broken);
                break;
            default:
                Cohere(body, broken);
                break;
        }

        return broken;
    }

    private static void Anthropic(JsonElement body, EgressTarget target, List<string> broken)
    {
        Turns("messages", body, broken, out JsonElement[] turns);
        foreach (JsonElement part in Items(body, "system"))
        {
            Demand(!IsBlank(Word(part, "text")), "system: blank text", broken);
        }

        var calls = new HashSet<string>();
        string[] open = [];
        string before = "";
        for (int index = 0; index < turns.Length; index++)
        {
            string role = Word(turns[index], "role");
            string after = index + 1 < turns.Length ? Word(turns[index + 1], "role") : "";
            JsonElement[] blocks = [.. Items(turns[index], "content")];
            Demand(index > 0 || role == "user", "the first turn is not the user's", broken);
            Demand(role != "system" || (before == "user" && after is "" or "assistant"), $"messages.{index}: a system turn out of place", broken);
            Demand(role != "system" || target.Capabilities.MidSystem, $"messages.{index}: a system turn", broken);
            Demand(blocks.Length > 0 || turns[index].GetProperty("content").ValueKind == JsonValueKind.String, $"messages.{index}: no content",
                broken);
            foreach (JsonElement block in blocks)
            {
                Demand(Word(block, "type") != "text" || !IsBlank(Word(block, "text")), $"messages.{index}: blank text", broken);
                Demand(Word(block, "type") is not ("image" or "document") || role == "user", $"messages.{index}: media of the assistant", broken);
            }

            string[] results = [.. blocks.Where(static block => Word(block, "type") == "tool_result")
                .Select(static block => Word(block, "tool_use_id"))];
            Answers(index, open, results, broken);
            Demand(blocks.Take(results.Length).All(static block => Word(block, "type") == "tool_result"),
                $"messages.{index}: results behind other content", broken);
            open = [.. blocks.Where(static block => Word(block, "type") == "tool_use").Select(static block => Word(block, "id"))];
            foreach (string id in open)
            {
                Demand(Regex.IsMatch(id, "^[a-zA-Z0-9_-]{1,64}$"), $"tool_use id {id}", broken);
                Demand(calls.Add(id), $"tool_use id {id} twice", broken);
            }

            before = role;
        }

        if (turns is [.., var last] && Word(last, "role") == "assistant")
        {
            string text = Word(Items(last, "content").LastOrDefault(), "text");
            Demand(text == text.TrimEnd(), "white space at the end of a begun answer", broken);
            Demand(open.Length > 0 || target.Capabilities.Prefill, "a begun answer", broken);
        }

        Names(Items(body, "tools").Where(static tool => Word(tool, "type") is "" or "custom").Select(static tool => Word(tool, "name")),
            "^[a-zA-Z0-9_-]{1,128}$", broken);
        foreach (JsonElement tool in Items(body, "tools").Where(
            static tool => tool.TryGetProperty("strict", out JsonElement strict) && strict.ValueKind == JsonValueKind.True))
        {
            ClaudeSchema(tool.GetProperty("input_schema"), broken);
        }

        if (Member(body, "output_config", "format", "schema") is { ValueKind: JsonValueKind.Object } schema)
        {
            ClaudeSchema(schema, broken);
        }

        string user = Word(Member(body, "metadata"), "user_id");
        Demand(user.Length <= 256 && !Regex.IsMatch(user, @"[^\s@]+@[^\s@]+\.[^\s@]+|^\+?[\d\s().-]{7,20}$"), "metadata.user_id", broken);
        Demand(Items(body, "stop_sequences").All(static stop => !IsBlank(stop.GetString()!)), "a blank stop sequence", broken);
        Demand(!(body.TryGetProperty("temperature", out _) && body.TryGetProperty("top_p", out _) && !target.Capabilities.TemperatureWithTopP),
            "temperature with top_p", broken);
    }

    private static void Chat(JsonElement body, EgressTarget target, List<string> broken)
    {
        Turns("messages", body, broken, out JsonElement[] turns);
        var calls = new HashSet<string>();
        for (int index = 0; index < turns.Length; index++)
        {
            JsonElement[] made = [.. Items(turns[index], "tool_calls")];
            string[] ids = [.. made.Select(static call => Word(call, "id"))];
            int next = index + 1;
            while (next < turns.Length && Word(turns[next], "role") == "tool")
            {
                next++;
            }

            if (ids.Length > 0)
            {
                Answers(index, next < turns.Length || next > index + 1 ? ids : [],
                    [.. turns[(index + 1)..next].Select(static turn => Word(turn, "tool_call_id"))], broken);
                Demand(turns[index].TryGetProperty("reasoning_content", out _) == target.Capabilities.ReasoningContent,
                    $"messages.{index}: reasoning_content", broken);
            }
            else if (Word(turns[index], "role") != "tool" && next > index + 1)
            {
                broken.Add($"messages.{index + 1}: a result without a call");
            }

            foreach (string id in ids)
            {
                Demand(target.Capabilities.ShortCallIds ? Regex.IsMatch(id, "^[a-zA-Z0-9]{9}$") : id.Length is > 0 and <= 40, $"call id {id}",
                    broken);
                Demand(calls.Add(id), $"call id {id} twice", broken);
            }

            JsonElement content = Member(turns[index], "content");
            bool isEmpty = content.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined
                || (content.ValueKind == JsonValueKind.Array && content.GetArrayLength() == 0);
            Demand(!isEmpty || ids.Length > 0 || turns[index].TryGetProperty("refusal", out _), $"messages.{index}: no content", broken);
            Demand(Word(turns[index], "role") != "user" || content.ValueKind != JsonValueKind.String || content.GetString() != "",
                $"messages.{index}: empty text", broken);
        }

        Demand(turns.Any(static turn => Word(turn, "role") is not ("system" or "developer")), "no turn but instructions", broken);
        Names(Items(body, "tools").Select(static tool => Word(Member(tool, "function"), "name") + Word(Member(tool, "custom"), "name")),
            "^[a-zA-Z0-9_-]{1,64}$", broken);
        Shared(body, broken);
        Demand(Items(body, "stop").Count() <= 4, "more than four stops", broken);
        Demand(!body.TryGetProperty("metadata", out _) || (body.TryGetProperty("store", out JsonElement store) && store.GetBoolean()),
            "metadata without store", broken);
    }

    private static void Responses(JsonElement body, List<string> broken)
    {
        var calls = new HashSet<string>();
        var answers = new HashSet<string>();
        JsonElement[] items = [.. Items(body, "input")];
        Demand(items.Length > 0, "no input", broken);
        bool isAnswered = false;
        foreach (JsonElement item in items)
        {
            string type = Word(item, "type");
            if (type is "function_call" or "custom_tool_call")
            {
                Demand(calls.Add(Word(item, "call_id")), $"call_id {Word(item, "call_id")} twice", broken);
                Demand(Word(item, "call_id").Length is > 0 and <= 64, "call_id too long", broken);
            }
            else if (type.EndsWith("_call_output", StringComparison.Ordinal))
            {
                isAnswered = true;
                Demand(calls.Contains(Word(item, "call_id")) && answers.Add(Word(item, "call_id")),
                    $"a result without a call of its own: {Word(item, "call_id")}", broken);
            }
            else if (type == "message")
            {
                Demand(Items(item, "content").Any() || Member(item, "content").ValueKind == JsonValueKind.String, "a message without content",
                    broken);
            }
        }

        bool endsInCall = items is [.., var last] && Word(last, "type").EndsWith("_call", StringComparison.Ordinal);
        Demand(endsInCall || calls.IsSubsetOf(answers) || !isAnswered, "a call without a result", broken);
        Names(Items(body, "tools").Select(static tool => Word(tool, "type") is "function" or "custom" ? Word(tool, "name") : Word(tool, "type")),
            "^[a-zA-Z0-9_-]{1,64}$", broken);
        Shared(body, broken);
    }

    private static void Shared(JsonElement body, List<string> broken)
    {
        foreach (string name in new[] { "user", "safety_identifier", "prompt_cache_key" })
        {
            Demand(Word(body, name).Length <= 64, $"{name} is too long", broken);
        }

        foreach (string name in Foreign)
        {
            Demand(!body.TryGetProperty(name, out _), $"{name} is another vendor's", broken);
        }
    }

    private static void Gemini(JsonElement body, List<string> broken)
    {
        Turns("contents", body, broken, out JsonElement[] turns);
        Demand(Member(body, "systemInstruction").ValueKind == JsonValueKind.Undefined || Items(Member(body, "systemInstruction"), "parts").Any(),
            "empty instructions", broken);
        int open = 0;
        for (int index = 0; index < turns.Length; index++)
        {
            JsonElement[] parts = [.. Items(turns[index], "parts")];
            Demand(parts.Length > 0, $"contents.{index}: no parts", broken);
            Demand(index > 0 || Word(turns[0], "role") == "user", "the first turn is not the user's", broken);
            int answered = parts.Count(static part => part.TryGetProperty("functionResponse", out _));
            Demand(answered == open, $"contents.{index}: {answered} results for {open} calls", broken);
            open = parts.Count(static part => part.TryGetProperty("functionCall", out _));
        }

        JsonElement[] tools = [.. Items(body, "tools")];
        Names(tools.SelectMany(static tool => Items(tool, "functionDeclarations")).Select(static function => Word(function, "name")),
            "^[a-zA-Z_][a-zA-Z0-9_.:-]{0,127}$", broken);
        foreach (JsonElement schema in tools.SelectMany(static tool => Items(tool, "functionDeclarations"))
            .Select(static function => Member(function, "parameters")))
        {
            LoweredSchema(schema, broken);
        }

        LoweredSchema(Member(body, "generationConfig", "responseSchema"), broken);
        Demand(Items(Member(body, "generationConfig"), "stopSequences").Count() <= 5, "more than five stops", broken);
    }

    private static void Converse(JsonElement body, List<string> broken)
    {
        Turns("messages", body, broken, out JsonElement[] turns);
        Demand(Items(body, "system").All(static part => !part.TryGetProperty("text", out JsonElement text) || !IsBlank(text.GetString()!)),
            "system: blank text", broken);
        var calls = new HashSet<string>();
        string[] open = [];
        for (int index = 0; index < turns.Length; index++)
        {
            JsonElement[] blocks = [.. Items(turns[index], "content")];
            Demand(blocks.Length > 0, $"messages.{index}: no content", broken);
            Demand(index > 0 || Word(turns[0], "role") == "user", "the first turn is not the user's", broken);
            foreach (JsonElement block in blocks.Concat(blocks.SelectMany(static block => Items(Member(block, "toolResult"), "content"))))
            {
                Demand(!block.TryGetProperty("text", out JsonElement text) || !IsBlank(text.GetString()!), $"messages.{index}: blank text", broken);
            }

            JsonElement[] results = [.. blocks.Select(static block => Member(block, "toolResult"))
                .Where(static result => result.ValueKind == JsonValueKind.Object)];
            Demand(results.All(static result => Items(result, "content").Any()), $"messages.{index}: an empty result", broken);
            Answers(index, open, [.. results.Select(static result => Word(result, "toolUseId"))], broken);
            open = [.. blocks.Select(static block => Word(Member(block, "toolUse"), "toolUseId")).Where(static id => id.Length > 0)];
            foreach (string id in open)
            {
                Demand(Regex.IsMatch(id, "^[a-zA-Z0-9_.:-]{1,64}$"), $"toolUseId {id}", broken);
                Demand(calls.Add(id), $"toolUseId {id} twice", broken);
            }
        }

        Names(Items(Member(body, "toolConfig"), "tools").Select(static tool => Word(Member(tool, "toolSpec"), "name"))
            .Where(static name => name.Length > 0), "^[a-zA-Z0-9_-]{1,64}$", broken);
    }

    private static void Cohere(JsonElement body, List<string> broken)
    {
        Turns("messages", body, broken, out JsonElement[] turns);
        Demand(turns.Any(static turn => Word(turn, "role") is "user" or "tool" or "assistant"), "no turn but instructions", broken);
        foreach ((string name, double least, double most) in new[] { ("temperature", 0, 1), ("p", 0.01, 0.99), ("k", 0, 500),
            ("frequency_penalty", 0.0, 1), ("presence_penalty", 0, 1) })
        {
            Demand(!body.TryGetProperty(name, out JsonElement value) || (value.GetDouble() >= least && value.GetDouble() <= most),
                $"{name} is out of range", broken);
        }

        Demand(Items(body, "stop_sequences").Count() <= 5, "more than five stops", broken);
        Names(Items(body, "tools").Select(static tool => Word(Member(tool, "function"), "name")), "^[a-zA-Z0-9_]{1,64}$", broken);
    }

    private static void Turns(string name, JsonElement body, List<string> broken, out JsonElement[] turns)
    {
        turns = [.. Items(body, name)];
        Demand(turns.Length > 0, $"{name} is empty", broken);
    }

    private static void Answers(int index, string[] calls, string[] results, List<string> broken)
    {
        foreach (string call in calls.Except(results))
        {
            broken.Add($"turn {index}: the call {call} has no result");
        }

        foreach (string result in results.Except(calls))
        {
            broken.Add($"turn {index}: the result {result} has no call");
        }

        Demand(results.Distinct().Count() == results.Length, $"turn {index}: one call is answered twice", broken);
    }

    private static void Names(IEnumerable<string> names, string pattern, List<string> broken)
    {
        string[] all = [.. names];
        foreach (string name in all)
        {
            Demand(Regex.IsMatch(name, pattern), $"the tool name {name}", broken);
        }

        Demand(all.Distinct().Count() == all.Length, "a tool name twice", broken);
    }

    private static void ClaudeSchema(JsonElement schema, List<string> broken)
    {
        foreach (JsonElement node in Schemas(schema))
        {
            foreach (string name in new[] { "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
                "maxItems", "uniqueItems", "patternProperties", "oneOf" })
            {
                Demand(!node.TryGetProperty(name, out _), $"{name} in a strict schema", broken);
            }

            Demand(!node.TryGetProperty("minItems", out JsonElement least) || least.GetInt32() is 0 or 1, "minItems in a strict schema", broken);
            bool isObject = Word(node, "type") == "object" || node.TryGetProperty("properties", out _);
            Demand(!isObject || Member(node, "additionalProperties").ValueKind == JsonValueKind.False, "an open object in a strict schema", broken);
        }
    }

    private static void LoweredSchema(JsonElement schema, List<string> broken)
    {
        foreach (JsonElement node in Schemas(schema))
        {
            bool isText = Word(node, "type") == "STRING";
            foreach (JsonElement value in Items(node, "enum"))
            {
                Demand(isText && value.ValueKind == JsonValueKind.String && value.GetString() != "", $"an enumeration with {value}", broken);
            }

            Demand(!node.TryGetProperty("enum", out JsonElement values) || values.GetArrayLength() > 0, "an enumeration of nothing", broken);
            Demand(Word(node, "type") != "ARRAY" || node.TryGetProperty("items", out _), "a list without items", broken);
        }
    }

    private static IEnumerable<JsonElement> Schemas(JsonElement schema)
    {
        if (schema.ValueKind != JsonValueKind.Object)
        {
            return [];
        }

        IEnumerable<JsonElement> inner = new[] { "properties", "$defs", "definitions" }
            .SelectMany(name => Member(schema, name) is { ValueKind: JsonValueKind.Object } named
                ? named.EnumerateObject().Select(static member => member.Value) : [])
            .Concat(new[] { "anyOf", "allOf", "prefixItems", "items" }.SelectMany(name => Items(schema, name)))
            .Append(Member(schema, "items"));
        return inner.SelectMany(Schemas).Prepend(schema);
    }

    private static bool IsBlank(string text) => text.All(static character => char.IsWhiteSpace(character) || character is '\uFEFF' or '\u200B');

    private static string Word(JsonElement holder, string name) =>
        Member(holder, name) is { ValueKind: JsonValueKind.String } text ? text.GetString()! : "";

    private static JsonElement Member(JsonElement holder, params ReadOnlySpan<string> path)
    {
        foreach (string name in path)
        {
            if (holder.ValueKind != JsonValueKind.Object || !holder.TryGetProperty(name, out holder))
            {
                return default;
            }
        }

        return holder;
    }

    private static IEnumerable<JsonElement> Items(JsonElement holder, string name) =>
        Member(holder, name) is { ValueKind: JsonValueKind.Array } array ? array.EnumerateArray() : [];

    private static void Demand(bool holds, string otherwise, List<string> broken)
    {
        if (!holds)
        {
            broken.Add(otherwise);
        }
    }
}
