using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses.Content;

/// <summary>Writes blocks as the content parts of messages and tool outputs.</summary>
internal static class ContentWriter
{
    /// <summary>Whether <paramref name="block"/> has a form as content part; what has none is noted.</summary>
    public static bool CanWrite(Block block, ref Losses losses)
    {
        switch (block.Kind)
        {
            case BlockKind.Text or BlockKind.Refusal or BlockKind.Json or BlockKind.SearchResult:
                return true;
            case BlockKind.Image or BlockKind.Document when block.Source is MediaSource.Text or MediaSource.Blocks:
                return true;
            case BlockKind.Image or BlockKind.Document when block.Source == MediaSource.Vendor
                && block.Origin is not (ProtocolId.Responses or ProtocolId.OpenAI):
                losses.Add(LossField.VendorFile);
                return false;
            case BlockKind.Image or BlockKind.Document:
                return !block.Data.IsNullOrEmpty;
            case BlockKind.Audio:
                losses.Add(LossField.Audio);
                return false;
            case BlockKind.Video:
                losses.Add(LossField.Video);
                return false;
            case BlockKind.ServerToolUse or BlockKind.ServerToolResult:
                losses.Add(LossField.ServerTool);
                return false;
            case BlockKind.ToolChange:
                losses.Add(LossField.ToolChange);
                return false;
            default:
                losses.Add(LossField.OpaqueBlock);
                return false;
        }
    }

    /// <summary>Writes <paramref name="block"/>, for which <see cref="CanWrite"/> is true, as a part.</summary>
    public static void Write(Block block, bool assistant, JsonWriter output, ref Losses losses)
    {
        switch (block.Kind)
        {
            case BlockKind.Image:
                Media.WriteImage(block, output);
                break;
            case BlockKind.Document when block.Source is not (MediaSource.Text or MediaSource.Blocks):
                Note(block, ref losses);
                Media.WriteFile(block, output);
                break;
            case BlockKind.Refusal when assistant:
                OutputItems.WriteRefusalPart(block.Text, output);
                break;
            default:
                Note(block, ref losses);
                output.StartObject();
                output.Literal("type"u8, assistant ? "output_text"u8 : "input_text"u8);
                output.Name("text"u8);
                output.Output.Write((byte)'"');
                WriteWords(block, output);
                output.Output.Write((byte)'"');
                if (assistant)
                {
                    output.Raw("annotations"u8, "[]"u8);
                    output.Raw("logprobs"u8, "[]"u8);
                }
                else
                {
                    OpenAI.Content.CacheBreakpoints.Write(block.Cache, output);
                }

                output.EndObject();
                break;
        }
    }

    /// <summary>Writes the content of a tool result: one string when it is all words, otherwise a list of parts.</summary>
    public static void WriteResult(Block result, JsonWriter output, ref Losses losses)
    {
        bool media = false;
        foreach (Block child in result.Children ?? [])
        {
            media |= child.Kind == BlockKind.Image
                || (child.Kind == BlockKind.Document && child.Source is not (MediaSource.Text or MediaSource.Blocks));
        }

        if (media)
        {
            output.Output.Write((byte)'[');
        }
        else
        {
            output.Output.Write((byte)'"');
        }

        foreach (Block child in result.Children ?? [])
        {
            if (!CanWrite(child, ref losses))
            {
                continue;
            }

            if (media)
            {
                Write(child, assistant: false, output, ref losses);
            }
            else
            {
                Note(child, ref losses);
                WriteWords(child, output);
            }
        }

        output.Output.Write(media ? (byte)']' : (byte)'"');
    }

    // Appends all words of a block to an open string.
    private static void WriteWords(Block block, JsonWriter output)
    {
        switch (block.Kind)
        {
            case BlockKind.Json:
                JsonEscaping.Escape(block.Input.Span, output.Output);
                return;
            case BlockKind.SearchResult:
                WriteLine(block.Title, output);
                WriteLine(block.Data, output);
                break;
            default:
                output.Output.Write(block.Text.Span);
                break;
        }

        foreach (Block child in block.Children ?? [])
        {
            WriteWords(child, output);
        }
    }

    private static void WriteLine(JsonText text, JsonWriter output)
    {
        if (!text.IsNullOrEmpty)
        {
            output.Output.Write(text.Span);
            output.Output.Write("\\n"u8);
        }
    }

    private static void Note(Block block, ref Losses losses)
    {
        switch (block.Kind)
        {
            case BlockKind.Document when !block.Context.IsNullOrEmpty || block.CitationsEnabled == true:
                losses.Add(LossField.DocumentContext);
                break;
            case BlockKind.SearchResult:
                losses.Add(LossField.SearchResult);
                break;
            case BlockKind.Text when block.Citations is { Count: > 0 }:
                losses.Add(LossField.Citations);
                break;
        }
    }
}
