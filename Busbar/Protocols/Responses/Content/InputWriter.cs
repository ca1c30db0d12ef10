using System.Buffers.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Content;

/// <summary>
/// Writes the <c>input</c> of a request. Within a turn, order is kept: neighbouring texts and media share one message item, everything else is
/// an item of its own.
/// </summary>
internal static class InputWriter
{
    /// <summary>Writes the conversation of <paramref name="request"/>.</summary>
    public static void Write(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses)
    {
        bool same = request.Source == ProtocolId.Responses;
        if (same && request.Messages.Count == 0)
        {
            return;
        }

        if (same && request.Messages.Count == 1 && request.Messages[0].Raw.IsString)
        {
            output.Raw("input"u8, request.Messages[0].Raw);
            return;
        }

        output.StartArray("input"u8);
        int ordinal = 0;
        foreach (Message message in request.Messages)
        {
            if (same && !message.Raw.IsAbsent)
            {
                output.Raw(message.Raw);
            }
            else if (same && message.Blocks is [var only] && IsAsRead(only))
            {
                output.Raw(only.Raw);
            }
            else
            {
                WriteTurn(request, message, target, output, ref ordinal, ref losses);
            }
        }

        output.EndArray();
    }

    // A signature that was replaced after reading no longer lies inside the item.
    private static bool IsAsRead(Block block) =>
        block.Origin == ProtocolId.Responses && !block.Raw.IsAbsent
        && (block.Kind != BlockKind.Thinking || block.Signature.IsNullOrEmpty || block.Raw.Span.Overlaps(block.Signature.Span));

    private static void WriteTurn(ChatRequest request, Message message, EgressTarget target, JsonWriter output, ref int ordinal, ref Losses losses)
    {
        bool open = false;
        JsonText phase = default;
        foreach (Block block in message.Blocks)
        {
            // What the model said has no such member, and neither have items.
            if (block.Cache != CacheMark.None && (message.Role == Role.Assistant
                || block.Kind is BlockKind.Thinking or BlockKind.ToolUse or BlockKind.ToolResult))
            {
                losses.Add(LossField.CacheControl);
            }

            switch (block.Kind)
            {
                case BlockKind.Thinking:
                    Close(ref open, message, output);
                    WriteReasoning(block, message.Role, output, ref losses);
                    break;
                case BlockKind.ToolUse:
                    Close(ref open, message, output);
                    WriteCall(block, output, ref losses);
                    break;
                case BlockKind.ToolResult:
                    Close(ref open, message, output);
                    WriteResult(request, block, output, ref losses);
                    break;
                case BlockKind.Text or BlockKind.Refusal when block.Text.IsNullOrEmpty:
                    break;
                case BlockKind.Image when message.Role is Role.Assistant or Role.System:
                    losses.Add(LossField.Image);
                    break;
                case BlockKind.Document when message.Role is Role.Assistant or Role.System
                    && block.Source is not (MediaSource.Text or MediaSource.Blocks):
                    losses.Add(LossField.Document);
                    break;
                default:
                    if (!ContentWriter.CanWrite(block, ref losses))
                    {
                        break;
                    }

                    if (open && !block.Phase.Equals(phase))
                    {
                        Close(ref open, message, output);
                    }

                    if (!open)
                    {
                        phase = block.Phase;
                        Open(message.Role, phase, target, ordinal++, output);
                        open = true;
                    }

                    ContentWriter.Write(block, message.Role == Role.Assistant, output, ref losses);
                    break;
            }
        }

        Close(ref open, message, output);
    }

    private static void Open(Role role, JsonText phase, EgressTarget target, int ordinal, JsonWriter output)
    {
        output.StartObject();
        output.Literal("type"u8, "message"u8);
        if (role == Role.Assistant)
        {
            WriteId(ordinal, output);
            output.Literal("role"u8, "assistant"u8);
            output.TextIfPresent("phase"u8, phase);
        }
        else
        {
            output.Literal("role"u8, role != Role.System ? "user"u8 : target.Capabilities.DeveloperRole ? "developer"u8 : "system"u8);
        }

        output.StartArray("content"u8);
    }

    private static void Close(ref bool open, Message message, JsonWriter output)
    {
        if (!open)
        {
            return;
        }

        open = false;
        output.EndArray();
        if (message.Role == Role.Assistant)
        {
            output.Literal("status"u8, "completed"u8);
        }

        output.EndObject();
    }

    // Assistant messages with parts need an id of the vendor's shape. It is derived from the place in the request, so that the same conversation
    // is written the same way in every turn.
    private static void WriteId(int ordinal, JsonWriter output)
    {
        output.Name("id"u8);
        output.Output.Write("\"msg_"u8);
        Span<byte> digits = output.Output.GetSpan(49);
        Utf8Formatter.TryFormat(ordinal, digits, out _, new System.Buffers.StandardFormat('D', 48));
        output.Output.Advance(48);
        output.Output.Write((byte)'"');
    }

    private static void WriteReasoning(Block block, Role role, JsonWriter output, ref Losses losses)
    {
        if (role != Role.Assistant || block.Origin != ProtocolId.Responses || block.Signature.IsNullOrEmpty)
        {
            losses.Add(LossField.Thinking);
            return;
        }

        output.StartObject();
        output.Literal("type"u8, "reasoning"u8);
        output.TextIfPresent("id"u8, block.Id);
        OutputItems.WriteSummary(block.Text, output);
        output.Text("encrypted_content"u8, block.Signature);
        output.EndObject();
    }

    private static void WriteCall(Block block, JsonWriter output, ref Losses losses)
    {
        if (!block.Signature.IsNullOrEmpty)
        {
            losses.Add(LossField.ToolSignature);
        }

        output.StartObject();
        OutputItems.WriteCallMembers(block, output, typed: false);
        output.EndObject();
    }

    private static void WriteResult(ChatRequest request, Block result, JsonWriter output, ref Losses losses)
    {
        if (result.IsError)
        {
            losses.Add(LossField.ToolResultError);
        }

        output.StartObject();
        output.Literal("type"u8, result.IsCustomTool || AnswersCustomCall(request, result.Id) ? "custom_tool_call_output"u8
            : "function_call_output"u8);
        output.Text("call_id"u8, result.Id);
        output.Name("output"u8);
        ContentWriter.WriteResult(result, output, ref losses);
        output.EndObject();
    }

    private static bool AnswersCustomCall(ChatRequest request, JsonText callId)
    {
        bool anyCustom = false;
        foreach (Tool tool in request.Tools)
        {
            anyCustom |= tool.Kind == ToolKind.Custom;
        }

        if (!anyCustom)
        {
            return false;
        }

        foreach (Message message in request.Messages)
        {
            foreach (Block block in message.Blocks)
            {
                if (block is { Kind: BlockKind.ToolUse, IsCustomTool: true } && block.Id.Equals(callId))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
