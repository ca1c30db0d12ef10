using System.Globalization;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Cohere.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere.Content;

/// <summary>Reads <c>messages</c>. Instructions before the first other turn become top-level instructions; later ones keep their place.</summary>
internal static class MessageReader
{
    private const string Roles = "'system', 'user', 'assistant', 'tool'";

    /// <summary>Reads the turns of <paramref name="root"/>; null on success.</summary>
    public static GatewayError? Read(JsonNode root, ChatRequest request)
    {
        JsonNode messages = root["messages"u8];
        if (!messages.IsArray)
        {
            return messages.IsNull ? Refusals.Missing("messages") : Refusals.WrongType("messages", "Message List");
        }

        int position = 0;
        foreach (JsonNode message in messages.Items)
        {
            if (ReadMessage(message, position++, request) is { } refusal)
            {
                return refusal;
            }
        }

        return null;
    }

    /// <summary>
    /// Reads the members of an assistant's turn, in a history or an answer: thinking, then the plan behind tool calls as text, then the rest. Null on
    /// success.
    /// </summary>
    public static GatewayError? ReadAssistant(JsonNode message, string field, IrArena arena, List<Block> blocks)
    {
        if (PartReader.Read(message["content"u8], field, arena, blocks) is { } refused)
        {
            return refused;
        }

        int text = blocks.FindIndex(static block => block.Kind != BlockKind.Thinking);
        text = text < 0 ? blocks.Count : text;
        JsonText plan = message["tool_plan"u8].Text;
        bool hasPlan = !plan.IsNullOrEmpty;
        if (hasPlan)
        {
            blocks.Insert(text, arena.NewText(plan));
        }

        int planned = hasPlan ? text : -1;
        int words = blocks.FindIndex(block => block.Kind == BlockKind.Text && (planned < 0 || block != blocks[planned]));
        foreach (JsonNode citation in message["citations"u8].Items)
        {
            if (Cited(citation, planned, words, blocks) is { } cited)
            {
                Citations.Read(citation, cited);
            }
        }

        JsonNode calls = message["tool_calls"u8];
        if (!(calls.IsNull || calls.IsArray))
        {
            return Refusals.WrongType(field + ".tool_calls", "ToolCall List");
        }

        foreach (JsonNode call in calls.Items)
        {
            if (ToolCalls.Read(call, arena) is not { } block)
            {
                return Refusals.WrongType(field + ".tool_calls", "ToolCall List");
            }

            blocks.Add(block);
        }

        return null;
    }

    // Positions count within one content part, which content_index names; the plan is none of them.
    private static Block? Cited(JsonNode citation, int plan, int words, List<Block> blocks)
    {
        JsonText type = citation["type"u8].Text;
        if (type.Is("PLAN"u8))
        {
            return plan < 0 ? null : blocks[plan];
        }

        long at = citation["content_index"u8].Integer is { } wanted ? wanted + (plan >= 0 && wanted >= plan ? 1 : 0) : words;
        bool isWords = at >= 0 && at < blocks.Count && blocks[(int)at].Kind == BlockKind.Text && !type.Is("THINKING_CONTENT"u8);
        return isWords ? blocks[(int)at] : null;
    }

    private static GatewayError? ReadMessage(JsonNode message, int position, ChatRequest request)
    {
        string field = "messages[" + position.ToString(CultureInfo.InvariantCulture) + "]";
        if (!message.IsObject)
        {
            return Refusals.WrongType(field, "Message");
        }

        JsonNode role = message["role"u8];
        if (!role.IsString)
        {
            return role.IsNull ? Refusals.Missing(field + ".role") : Refusals.WrongType(field + ".role", "string");
        }

        JsonNode content = message["content"u8];
        if (!(content.IsNull || content.IsString || content.IsArray))
        {
            return Refusals.WrongType(field + ".content", "string or Content List");
        }

        IrArena arena = request.Arena;
        if (role.Text.Is("user"u8))
        {
            return PartReader.Read(content, field, arena, request.AddMessage(Role.User).Blocks);
        }

        if (role.Text.Is("assistant"u8))
        {
            return ReadAssistant(message, field, arena, request.AddMessage(Role.Assistant).Blocks);
        }

        if (role.Text.Is("system"u8))
        {
            return PartReader.Read(content, field, arena, request.Messages.Count == 0 ? request.System : request.AddMessage(Role.System).Blocks);
        }

        if (!role.Text.Is("tool"u8))
        {
            return Refusals.WrongValue(field + ".role", Roles);
        }

        Block result = arena.NewBlock(BlockKind.ToolResult);
        request.AddMessage(Role.Tool).Blocks.Add(result);
        result.Id = message["tool_call_id"u8].Text;
        return result.Id.IsAbsent ? Refusals.Missing(field + ".tool_call_id") : PartReader.ReadResult(content, field, arena, result.Children ??= []);
    }
}
