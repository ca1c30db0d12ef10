using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>Writes the content of one request's turns. What this protocol cannot say is left out and noted.</summary>
internal sealed class ContentWriter(bool replay, bool isClaude)
{
    private static readonly JsonText Nothing = JsonText.From(".");
    private static readonly JsonText NoOutput = JsonText.From("(no output)");
    private static readonly JsonText BesideDocument = JsonText.From("The document is attached.");

    private readonly MediaWriter _media = new(replay, isClaude);

    /// <summary>Whether the block is written exactly as it was read.</summary>
    public static bool IsReplayed(Block block) => !block.Raw.IsAbsent && block.Origin == ProtocolId.Bedrock;

    /// <summary>
    /// Writes the array <c>content</c> of a turn. A turn built here never goes out without words where the service demands them;
    /// <paramref name="last"/> is a cache mark behind its last block.
    /// </summary>
    public void WriteTurn(Message message, CacheMark last, JsonWriter output, ref Losses losses)
    {
        bool hasAny = false;
        bool hasWords = false;
        bool hasDocument = false;
        var mark = CacheMark.None;
        output.StartArray("content"u8);
        foreach (Block block in message.Blocks)
        {
            if (!CanWrite(block, message.Role, ref losses))
            {
                continue;
            }

            Write(block, output, ref losses);
            mark = CachePoints.After(block);
            CachePoints.Write(mark, output);
            hasAny = true;
            hasWords |= block.Kind == BlockKind.Text;
            hasDocument |= block.Kind == BlockKind.Document;
        }

        if (!replay && !hasAny)
        {
            losses.Add(LossField.EmptyTurn);
            Texts.Write(Nothing, output);
        }
        else if (!replay && hasDocument && !hasWords)
        {
            Texts.Write(BesideDocument, output);
        }

        CachePoints.Write(mark == CacheMark.None ? last : CacheMark.None, output);
        output.EndArray();
    }

    /// <summary>Writes the array <c>system</c>, unless nothing would stand in it.</summary>
    public void WriteSystem(List<Block> blocks, JsonWriter output, ref Losses losses)
    {
        bool isOpen = false;
        foreach (Block block in blocks)
        {
            if (block.Kind == BlockKind.ToolChange && !IsReplayed(block))
            {
                losses.Add(LossField.ToolChange);
            }
            else if (CanWrite(block, Role.System, ref losses))
            {
                if (!isOpen)
                {
                    output.StartArray("system"u8);
                    isOpen = true;
                }

                Write(block, output, ref losses);
                CachePoints.Write(CachePoints.After(block), output);
            }
        }

        if (isOpen)
        {
            output.EndArray();
        }
    }

    private bool CanWrite(Block block, Role role, ref Losses losses)
    {
        if (IsReplayed(block) || replay)
        {
            return replay || role != Role.System || block.Kind is BlockKind.Text or BlockKind.ToolChange;
        }

        LossField? loss = block.Kind switch
        {
            BlockKind.Text or BlockKind.Refusal or BlockKind.Json => null,
            BlockKind.ToolChange => role == Role.System ? null : LossField.ToolChange,
            BlockKind.Thinking when (block.Redacted ? block.Text : block.Signature).IsNullOrEmpty => LossField.Thinking,
            BlockKind.Thinking or BlockKind.ToolUse or BlockKind.ToolResult => role == Role.System ? LossField.OpaqueBlock : null,
            BlockKind.Image or BlockKind.Document or BlockKind.Video or BlockKind.Audio => MediaWriter.Loss(block) ?? MediaLoss(block, role),
            BlockKind.SearchResult => role is Role.User or Role.Tool ? null : LossField.SearchResult,
            BlockKind.ServerToolUse or BlockKind.ServerToolResult => LossField.ServerTool,
            _ => LossField.OpaqueBlock,
        };
        if (loss is LossField field)
        {
            losses.Add(field);
            return false;
        }

        // Blank text is refused everywhere.
        return block.Kind is not (BlockKind.Text or BlockKind.Refusal) || !block.Text.IsNullOrEmpty;
    }

    private static LossField? MediaLoss(Block block, Role role) => role is Role.User or Role.Tool ? null : BlockLoss.Of(block.Kind);

    private void Write(Block block, JsonWriter output, ref Losses losses)
    {
        if (IsReplayed(block))
        {
            output.Raw(block.Raw);
            return;
        }

        if (block.Kind == BlockKind.SearchResult && !isClaude)
        {
            losses.Add(LossField.SearchResult);
            foreach (Block words in block.Children ?? [])
            {
                if (!words.Text.IsNullOrEmpty)
                {
                    Texts.Write(words.Text, output);
                }
            }

            return;
        }

        output.StartObject();
        switch (block.Kind)
        {
            case BlockKind.Json:
                output.Stringified("text"u8, block.Input);
                break;
            case BlockKind.Thinking:
                WriteThinking(block, output);
                break;
            case BlockKind.ToolUse:
                output.StartObject("toolUse"u8);
                output.Text("toolUseId"u8, block.Id);
                output.Text("name"u8, block.Name);
                WriteInput(block, output, ref losses);
                output.EndObject();
                break;
            case BlockKind.ToolResult:
                WriteToolResult(block, output, ref losses);
                break;
            case BlockKind.SearchResult:
                WriteSearchResult(block, output);
                break;
            case BlockKind.ToolChange:
                output.StartObject(block.IsError ? "toolRemoval"u8 : "toolAddition"u8);
                output.StartObject("tool"u8);
                output.Text("name"u8, block.Name);
                output.EndObject();
                output.EndObject();
                break;
            case BlockKind.Image or BlockKind.Document or BlockKind.Video or BlockKind.Audio:
                _media.Write(block, output, ref losses);
                break;
            default:
                output.Text("text"u8, block.Text);
                NoteCitations(block, ref losses);
                break;
        }

        output.EndObject();
    }

    /// <summary>Writes the member <c>reasoningContent</c>.</summary>
    public static void WriteThinking(Block block, JsonWriter output)
    {
        output.StartObject("reasoningContent"u8);
        if (block.Redacted)
        {
            RedactedContent.Write(block.Text, output);
        }
        else
        {
            output.StartObject("reasoningText"u8);
            output.Text("text"u8, block.Text);
            if (!block.Signature.IsNullOrEmpty)
            {
                output.Text("signature"u8, block.Signature);
            }

            output.EndObject();
        }

        output.EndObject();
    }

    /// <summary>Writes the <c>input</c> of a call, which models take as an object only.</summary>
    public static void WriteInput(Block block, JsonWriter output, ref Losses losses)
    {
        if (ObjectInput.Write(block, output))
        {
            losses.Add(LossField.ToolInput);
        }
    }

    private void WriteToolResult(Block block, JsonWriter output, ref Losses losses)
    {
        output.StartObject("toolResult"u8);
        output.Text("toolUseId"u8, block.Id);
        output.StartArray("content"u8);
        bool hasAny = false;
        foreach (Block child in block.Children ?? [])
        {
            if (child.Kind == BlockKind.Json && (child.Input.IsObject || replay))
            {
                output.StartObject();
                output.Raw("json"u8, child.Input);
                output.EndObject();
                hasAny = true;
            }
            else if (child.Kind is BlockKind.Audio or BlockKind.Thinking or BlockKind.ToolUse or BlockKind.ToolResult && !replay)
            {
                losses.Add(LossField.ToolResultMedia);
            }
            else if (CanWrite(child, Role.User, ref losses))
            {
                Write(child, output, ref losses);
                hasAny = true;
            }
        }

        if (!hasAny && !replay)
        {
            Texts.Write(NoOutput, output);
        }

        output.EndArray();
        if (block.IsError)
        {
            output.Literal("status"u8, "error"u8);
        }

        output.EndObject();
    }

    private static void WriteSearchResult(Block block, JsonWriter output)
    {
        output.StartObject("searchResult"u8);
        output.Text("source"u8, block.Data);
        output.Text("title"u8, block.Title);
        Texts.Write("content"u8, block.Children, output);
        MediaWriter.WriteCitationsSwitch(block, output);
        output.EndObject();
    }

    // Citations made elsewhere point at documents by numbers and ids that mean nothing here; own ones came with their raw form.
    private static void NoteCitations(Block block, ref Losses losses)
    {
        if (block.Citations is { Count: > 0 })
        {
            losses.Add(LossField.Citations);
        }
    }
}
