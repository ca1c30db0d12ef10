using System.Runtime.InteropServices;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Cohere.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere.Content;

/// <summary>
/// Writes <c>messages</c>. Tool results become <c>tool</c> messages ahead of the rest of their turn; words before tool calls become the plan behind
/// them; documents leave their turn for the request's own list, unless nothing else is in it.
/// </summary>
internal static class MessageWriter
{
    /// <summary>Writes the member into the open object.</summary>
    public static void Write(ChatRequest request, JsonWriter output, ref Losses losses)
    {
        output.StartArray("messages"u8);
        WriteInstructions(request.System, output, ref losses);
        foreach (Message message in request.Messages)
        {
            switch (message.Role)
            {
                case Role.System:
                    WriteInstructions(message.Blocks, output, ref losses);
                    break;
                case Role.Assistant:
                    WriteAssistant(message.Blocks, output, ref losses);
                    break;
                default:
                    foreach (Block block in message.Blocks)
                    {
                        if (block.Kind == BlockKind.ToolResult)
                        {
                            WriteResult(block, output, ref losses);
                        }
                    }

                    WriteRest(message.Blocks, output, ref losses);
                    break;
            }
        }

        output.EndArray();
    }

    private static void WriteInstructions(List<Block> blocks, JsonWriter output, ref Losses losses)
    {
        int texts = 0;
        foreach (Block block in blocks)
        {
            if (PartWriter.IsWords(block))
            {
                texts++;
            }
            else if (!OpenAI.Content.PartWriter.IsText(block))
            {
                losses.Add(OpenAI.Content.PartWriter.Loss(block));
            }
        }

        if (texts > 0)
        {
            Open("system"u8, output);
            PartWriter.WriteJoined("content"u8, blocks, "\\n"u8, output);
            output.EndObject();
        }
    }

    private static void WriteAssistant(List<Block> blocks, JsonWriter output, ref Losses losses)
    {
        int texts = 0;
        int thoughts = 0;
        int calls = 0;
        foreach (Block block in blocks)
        {
            if (block.Kind == BlockKind.ToolUse)
            {
                calls++;
            }
            else if (IsOwnThought(block))
            {
                thoughts++;
            }
            else if (PartWriter.IsWords(block))
            {
                texts++;
            }
            else if (!OpenAI.Content.PartWriter.IsText(block))
            {
                losses.Add(OpenAI.Content.PartWriter.Loss(block));
            }

            if (block.Citations is { Count: > 0 })
            {
                losses.Add(LossField.Citations);
            }
        }

        if (texts + thoughts + calls == 0)
        {
            return;
        }

        Open("assistant"u8, output);
        if (calls > 0 && texts > 0)
        {
            PartWriter.WriteJoined("tool_plan"u8, blocks, default, output);
            texts = 0;
        }

        if (texts == 1 && thoughts == 0)
        {
            PartWriter.WriteJoined("content"u8, blocks, default, output);
        }
        else if (texts + thoughts > 0)
        {
            output.StartArray("content"u8);
            foreach (Block block in blocks)
            {
                if (IsOwnThought(block) || (texts > 0 && PartWriter.IsWords(block)))
                {
                    PartWriter.Write(block, output);
                }
            }

            output.EndArray();
        }

        ToolCalls.Write(blocks, output);
        output.EndObject();
    }

    // Thinking is not signed here, so that of another vendor would pass for the model's own.
    private static bool IsOwnThought(Block block) => block is { Kind: BlockKind.Thinking, Redacted: false, Origin: ProtocolId.Cohere };

    private static void WriteResult(Block result, JsonWriter output, ref Losses losses)
    {
        Open("tool"u8, output);
        output.Text("tool_call_id"u8, result.Id);
        if (result.IsError)
        {
            losses.Add(LossField.ToolResultError);
        }

        List<Block> children = result.Children ?? [];
        int parts = 0;
        bool hasData = false;
        foreach (Block child in children)
        {
            bool isPart = IsData(child) || OpenAI.Content.PartWriter.IsText(child);
            hasData |= IsData(child);
            parts += isPart ? 1 : 0;
            if (!isPart)
            {
                losses.Add(LossField.ToolResultMedia);
            }
        }

        if (parts < 2 && !hasData)
        {
            PartWriter.WriteJoined("content"u8, children, default, output);
        }
        else
        {
            output.StartArray("content"u8);
            foreach (Block child in CollectionsMarshal.AsSpan(children))
            {
                WriteResultPart(child, output);
            }

            output.EndArray();
        }

        output.EndObject();
    }

    private static bool IsData(Block block) => Documents.Is(block) || block is { Kind: BlockKind.Json, Input.IsObject: true };

    private static void WriteResultPart(Block child, JsonWriter output)
    {
        if (IsData(child))
        {
            output.StartObject();
            output.Literal("type"u8, "document"u8);
            output.StartObject("document"u8);
            Documents.WriteData(child, output);
            output.EndObject();
            output.EndObject();
        }
        else if (OpenAI.Content.PartWriter.IsText(child))
        {
            PartWriter.Write(child, output);
        }
    }

    // The first part is held back: alone, it may be a plain string.
    private static void WriteRest(List<Block> blocks, JsonWriter output, ref Losses losses)
    {
        bool keepsDocuments = Documents.AreAlone(blocks);
        int parts = 0;
        Block? only = null;
        foreach (Block block in blocks)
        {
            if (block.Kind == BlockKind.ToolResult || (Documents.Is(block) && !keepsDocuments) || !PartWriter.CanWrite(block, ref losses))
            {
                continue;
            }

            if (parts == 1)
            {
                Open("user"u8, output);
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

        if (parts == 1)
        {
            Open("user"u8, output);
            WriteOnly(only!, output);
            output.EndObject();
        }
        else if (parts > 1)
        {
            output.EndArray();
            output.EndObject();
        }
    }

    private static void WriteOnly(Block block, JsonWriter output)
    {
        if (block.Kind == BlockKind.Image)
        {
            output.StartArray("content"u8);
            PartWriter.Write(block, output);
            output.EndArray();
        }
        else
        {
            output.Name("content"u8);
            PartWriter.WriteText(block, output);
        }
    }

    private static void Open(ReadOnlySpan<byte> role, JsonWriter output)
    {
        output.StartObject();
        output.Literal("role"u8, role);
    }
}
