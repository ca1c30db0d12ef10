using System.Runtime.InteropServices;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.OpenAI.Tools;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI.Content;

/// <summary>
/// Writes <c>messages</c>. Tool results become <c>tool</c> messages ahead of the rest of their turn; pictures and files inside results,
/// which a <c>tool</c> message cannot hold, follow in that rest.
/// </summary>
internal static class MessageWriter
{
    private enum Reasoning : byte
    {
        /// <summary>Not repeated.</summary>
        Absent,

        /// <summary>Repeated as it was read.</summary>
        Own,

        /// <summary>The host wants it on every message with calls.</summary>
        Demanded,
    }

    /// <summary>Writes the member into the open object.</summary>
    public static void Write(ChatRequest request, Capabilities capabilities, JsonWriter output, ref Losses losses)
    {
        ReadOnlySpan<byte> instructor = capabilities.DeveloperRole ? "developer"u8 : "system"u8;
        output.StartArray("messages"u8);
        foreach (Block block in request.System)
        {
            if (PartWriter.CanWrite(block, ref losses))
            {
                Open(instructor, output);
                PartWriter.WriteContent(block, output);
                output.EndObject();
            }
        }

        for (int index = 0; index < request.Messages.Count; index++)
        {
            Message message = request.Messages[index];
            switch (message.Role)
            {
                case Role.Assistant:
                    WriteAssistant(message, output, ref losses, capabilities.ReasoningContent ? Reasoning.Demanded : Reasoning.Absent);
                    break;
                case Role.System:
                    WriteRest(instructor, request.Messages, index, index, output, ref losses);
                    break;
                default:
                    index = WriteTurns(request.Messages, index, output, ref losses);
                    break;
            }
        }

        output.EndArray();
    }

    /// <summary>
    /// Writes turns that were read from this protocol as they were. Only a turn that carries signatures is rebuilt, because those may have been
    /// exchanged since it was read.
    /// </summary>
    public static void Repeat(JsonNode source, List<Message> messages, JsonWriter output)
    {
        output.StartArray("messages"u8);
        foreach (JsonNode message in source.Items)
        {
            JsonText role = message["role"u8].Text;
            if (!role.Is("system"u8) && !role.Is("developer"u8))
            {
                break;
            }

            output.Raw(message.Raw);
        }

        Losses none = default;
        foreach (Message message in messages)
        {
            if (message.Role == Role.Assistant && message.Raw.Span.IndexOf("\"extra_content\""u8) >= 0)
            {
                WriteAssistant(message, output, ref none, Reasoning.Own);
            }
            else
            {
                output.Raw(message.Raw);
            }
        }

        output.EndArray();
    }

    // Results of neighbouring turns stay together: between calls and the last of their results nothing else may stand.
    private static int WriteTurns(List<Message> messages, int first, JsonWriter output, ref Losses losses)
    {
        int last = first;
        while (messages[last].Role == Role.Tool && last + 1 < messages.Count && messages[last + 1].Role is Role.Tool)
        {
            last++;
        }

        for (int index = first; index <= last; index++)
        {
            foreach (Block block in messages[index].Blocks)
            {
                if (block.Kind == BlockKind.ToolResult)
                {
                    WriteResult(block, output, ref losses);
                }
            }
        }

        WriteRest("user"u8, messages, first, last, output, ref losses);
        return last;
    }

    private static void WriteRest(ReadOnlySpan<byte> role, List<Message> messages, int first, int last, JsonWriter output, ref Losses losses)
    {
        int parts = 0;
        Block? only = null;
        for (int index = first; index <= last; index++)
        {
            foreach (Block block in messages[index].Blocks)
            {
                if (block.Kind != BlockKind.ToolResult)
                {
                    Add(role, block, ref only, ref parts, output, ref losses);
                    continue;
                }

                foreach (Block inner in CollectionsMarshal.AsSpan(block.Children))
                {
                    if (!PartWriter.IsText(inner))
                    {
                        Add(role, inner, ref only, ref parts, output, ref losses);
                    }
                }
            }
        }

        if (parts == 1)
        {
            Open(role, output);
            PartWriter.WriteContent(only!, output);
            output.EndObject();
        }
        else if (parts > 1)
        {
            output.EndArray();
            output.EndObject();
        }
    }

    // The first part is held back: alone, it may be a plain string.
    private static void Add(ReadOnlySpan<byte> role, Block block, ref Block? only, ref int parts, JsonWriter output, ref Losses losses)
    {
        if (!PartWriter.CanWrite(block, ref losses))
        {
            return;
        }

        if (parts == 1)
        {
            Open(role, output);
            output.StartArray("content"u8);
            PartWriter.Write(only!, output);
        }

        if (parts++ == 0)
        {
            only = block;
        }
        else
        {
            PartWriter.Write(block, output);
        }
    }

    private static void WriteResult(Block result, JsonWriter output, ref Losses losses)
    {
        Open("tool"u8, output);
        output.Text("tool_call_id"u8, result.Id);
        output.Name("content"u8);
        PooledBuffer raw = output.Output;
        raw.Write((byte)'"');
        foreach (Block block in CollectionsMarshal.AsSpan(result.Children))
        {
            PartWriter.AppendText(block, raw);
        }

        raw.Write((byte)'"');
        output.EndObject();
        if (result.IsError)
        {
            losses.Add(LossField.ToolResultError);
        }
    }

    private static void WriteAssistant(Message message, JsonWriter output, ref Losses losses, Reasoning reasoning)
    {
        int texts = 0;
        int calls = 0;
        int thoughts = 0;
        Block? refusal = null;
        foreach (Block block in message.Blocks)
        {
            switch (block.Kind)
            {
                case BlockKind.ToolUse:
                    calls++;
                    break;
                case BlockKind.Refusal:
                    refusal = block;
                    break;
                case BlockKind.Text:
                    texts++;
                    break;
                case BlockKind.Thinking:
                    thoughts++;
                    break;
                default:
                    losses.Add(PartWriter.Loss(block));
                    break;
            }
        }

        if (thoughts > 0 && (reasoning != Reasoning.Demanded || calls == 0))
        {
            losses.Add(LossField.Thinking);
        }

        if (texts + calls == 0 && refusal is null)
        {
            return;
        }

        Open("assistant"u8, output);
        if (texts == 0)
        {
            output.Null("content"u8);
        }
        else
        {
            WriteTexts(message, texts, output);
        }

        if (refusal is not null)
        {
            output.Text("refusal"u8, refusal.Text);
        }

        if (reasoning == Reasoning.Demanded && calls > 0)
        {
            WriteReasoning(message, output);
        }
        else if (reasoning == Reasoning.Own && message.Blocks[0] is { Kind: BlockKind.Thinking, Origin: ProtocolId.OpenAI } thinking)
        {
            output.Text("reasoning_content"u8, thinking.Text);
        }

        if (calls > 0)
        {
            output.StartArray("tool_calls"u8);
            foreach (Block block in message.Blocks)
            {
                if (block.Kind == BlockKind.ToolUse)
                {
                    ToolCalls.Write(block, output);
                }
            }

            output.EndArray();
        }

        output.EndObject();
    }

    // An empty text is taken where the words are not known; a missing member is refused.
    private static void WriteReasoning(Message message, JsonWriter output)
    {
        output.Literal("reasoning_content"u8, default);
        PooledBuffer raw = output.Output;
        raw.Truncate(raw.Length - 1);
        foreach (Block block in message.Blocks)
        {
            if (block.Kind == BlockKind.Thinking)
            {
                raw.Write(block.Text.Span);
            }
        }

        raw.Write((byte)'"');
    }

    private static void WriteTexts(Message message, int count, JsonWriter output)
    {
        foreach (Block block in message.Blocks)
        {
            if (block.Kind == BlockKind.Text && count == 1)
            {
                PartWriter.WriteContent(block, output);
                return;
            }
        }

        output.StartArray("content"u8);
        foreach (Block block in message.Blocks)
        {
            if (block.Kind == BlockKind.Text)
            {
                PartWriter.Write(block, output);
            }
        }

        output.EndArray();
    }

    private static void Open(ReadOnlySpan<byte> role, JsonWriter output)
    {
        output.StartObject();
        output.Literal("role"u8, role);
    }
}
