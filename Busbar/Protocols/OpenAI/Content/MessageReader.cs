using System.Globalization;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.OpenAI.Tools;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Content;

/// <summary>
/// Reads <c>messages</c>. Instructions before the first other turn become top-level instructions; later ones keep their place.
/// Legacy <c>function_call</c>s have no ids: they get ordinal ones, and a <c>function</c> turn answers the oldest unanswered call of its name.
/// </summary>
internal static class MessageReader
{
    private const string Roles = "'system', 'assistant', 'user', 'function', 'tool', and 'developer'";

    /// <summary>Reads the turns of <paramref name="root"/>; null on success.</summary>
    public static GatewayError? Read(JsonNode root, ChatRequest request)
    {
        JsonNode messages = root["messages"u8];
        if (!messages.IsArray)
        {
            return messages.IsNull ? Refusals.Missing("messages") : Refusals.WrongType("messages", "an array of objects");
        }

        var legacy = default(LegacyCalls);
        int position = 0;
        foreach (JsonNode message in messages.Items)
        {
            int before = request.Messages.Count;
            if (ReadMessage(message, position++, request, ref legacy) is { } refusal)
            {
                return refusal;
            }

            if (request.Messages.Count > before)
            {
                request.Messages[before].Raw = message.Raw;
                request.Messages[before].Speaker = request.Messages[before].Role == Role.Tool ? default : message["name"u8].Text;
            }

            Mark(message, request.Messages.Count > before ? request.Messages[before].Blocks : request.System);
        }

        return null;
    }

    private static GatewayError? ReadMessage(JsonNode message, int position, ChatRequest request, ref LegacyCalls legacy)
    {
        var field = new MessageField(position);
        if (!message.IsObject)
        {
            return Refusals.WrongType(field.ToString(), "an object");
        }

        JsonNode role = message["role"u8];
        if (!role.IsString)
        {
            return role.IsNull ? Refusals.Missing(field + ".role") : Refusals.WrongType(field + ".role", "a string");
        }

        JsonNode content = message["content"u8];
        if (!(content.IsNull || content.IsString || content.IsArray))
        {
            return Refusals.WrongType(field + ".content", "a string or an array of objects");
        }

        if (role.Text.Is("user"u8))
        {
            return PartReader.Read(content, field, request.Arena, request.AddMessage(Role.User).Blocks);
        }

        if (role.Text.Is("assistant"u8))
        {
            return ReadAssistant(message, field, request, ref legacy);
        }

        if (role.Text.Is("system"u8) || role.Text.Is("developer"u8))
        {
            return PartReader.Read(content, field, request.Arena, request.Messages.Count == 0 ? request.System
                : request.AddMessage(Role.System).Blocks);
        }

        bool isFunction = role.Text.Is("function"u8);
        if (!isFunction && !role.Text.Is("tool"u8))
        {
            return Refusals.WrongValue(field + ".role", Roles);
        }

        Block result = request.Arena.NewBlock(BlockKind.ToolResult);
        request.AddMessage(Role.Tool).Blocks.Add(result);
        result.Name = message["name"u8].Text;
        result.Id = isFunction ? legacy.Answer(result.Name) : message["tool_call_id"u8].Text;
        return result.Id.IsAbsent ? Refusals.Missing(field + ".tool_call_id")
            : PartReader.Read(content, field, request.Arena, result.Children ??= []);
    }

    // Several clients put the mark of hosts that serve Claude on the message instead of on its last part.
    private static void Mark(JsonNode message, List<Block> blocks)
    {
        CacheMark mark = CacheBreakpoints.Read(message);
        if (mark != CacheMark.None && blocks is [.., { Cache: CacheMark.None } last])
        {
            last.Cache = mark;
        }
    }

    private static GatewayError? ReadAssistant(JsonNode message, MessageField field, ChatRequest request, ref LegacyCalls legacy)
    {
        List<Block> blocks = request.AddMessage(Role.Assistant).Blocks;
        JsonText reasoning = ReasoningText.Of(message);
        if (!reasoning.IsNullOrEmpty)
        {
            Block thinking = request.Arena.NewBlock(BlockKind.Thinking);
            thinking.Text = reasoning;
            thinking.Origin = ProtocolId.OpenAI;
            blocks.Add(thinking);
        }

        if (PartReader.Read(message["content"u8], field, request.Arena, blocks) is { } refused)
        {
            return refused;
        }

        JsonText refusal = message["refusal"u8].Text;
        if (!refusal.IsNullOrEmpty)
        {
            Block block = request.Arena.NewBlock(BlockKind.Refusal);
            block.Text = refusal;
            blocks.Add(block);
        }

        if (message["audio"u8] is { IsObject: true } audio)
        {
            blocks.Add(PartReader.Opaque(audio, request.Arena));
        }

        JsonNode calls = message["tool_calls"u8];
        if (!(calls.IsNull || calls.IsArray))
        {
            return Refusals.WrongType(field + ".tool_calls", "an array of objects");
        }

        foreach (JsonNode call in calls.Items)
        {
            if (ToolCalls.Read(call, request.Arena) is not { } block)
            {
                return Refusals.WrongType(field + ".tool_calls", "an array of tool calls");
            }

            // Without an id it is known by its place, which is the same in every turn.
            block.Id = call["id"u8].Text.IsNullOrEmpty ? JsonText.Empty : block.Id;
            blocks.Add(block);
        }

        if (message["function_call"u8] is { IsObject: true } legacyCall && !legacyCall["name"u8].Text.IsNullOrEmpty)
        {
            blocks.Add(ToolCalls.ReadFunction(legacyCall, legacy.Call(legacyCall["name"u8].Text), request.Arena));
        }

        return null;
    }

    private struct LegacyCalls
    {
        private Dictionary<JsonText, Queue<JsonText>>? _open;
        private int _count;

        public JsonText Call(JsonText name)
        {
            var id = JsonText.From("call_" + (++_count).ToString("D24", CultureInfo.InvariantCulture));
            _open ??= [];
            if (!_open.TryGetValue(name, out Queue<JsonText>? ids))
            {
                _open.Add(name, ids = []);
            }

            ids.Enqueue(id);
            return id;
        }

        // An answer without its call: the adapter turns orphan results into text.
        public readonly JsonText Answer(JsonText name) =>
            _open is not null && _open.TryGetValue(name, out Queue<JsonText>? ids) && ids.TryDequeue(out JsonText id)
                ? id
                : JsonText.From("call_" + 0.ToString("D24", CultureInfo.InvariantCulture));
    }
}
