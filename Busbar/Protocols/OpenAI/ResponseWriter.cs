using System.Runtime.InteropServices;
using Busbar.Ir;
using Busbar.Protocols.OpenAI.Content;
using Busbar.Protocols.OpenAI.Tools;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>Writes a whole answer with every key the vendor's own answers have. One that was read from this protocol is repeated as it was.</summary>
internal static class ResponseWriter
{
    /// <summary>Writes <paramref name="response"/> as the next value.</summary>
    public static void Write(ChatResponse response, in ResponseIdentity identity, JsonWriter output, ref Losses losses)
    {
        if (response.Source == ProtocolId.OpenAI && response.Tape.Root.IsObject)
        {
            output.Raw(response.Tape.Root.Raw);
            return;
        }

        output.StartObject();
        output.String("id"u8, identity.Id);
        output.Literal("object"u8, "chat.completion"u8);
        output.Number("created"u8, response.Created > 0 ? response.Created : identity.Created);
        output.Text("model"u8, response.Model.IsNullOrEmpty ? identity.Model : response.Model);
        output.StartArray("choices"u8);
        int index = 0;
        for (ChatResponse? choice = response; choice is not null; choice = choice.Next)
        {
            WriteChoice(choice, index++, output, ref losses);
        }

        output.EndArray();
        UsageFields.Write(response.Usage, output);
        ServiceTiers.Write(response.ServiceTier, output);
        output.EndObject();
    }

    private static void WriteChoice(ChatResponse response, int index, JsonWriter output, ref Losses losses)
    {
        output.StartObject();
        output.Number("index"u8, index);
        WriteMessage(response, output, ref losses);
        if (response.Logprobs.IsAbsent)
        {
            output.Null("logprobs"u8);
        }
        else
        {
            output.StartObject("logprobs"u8);
            output.Raw("content"u8, response.Logprobs);
            output.Null("refusal"u8);
            output.EndObject();
        }

        StopReasons.Write(response.StopReason, output);
        output.EndObject();
    }

    private static void WriteMessage(ChatResponse response, JsonWriter output, ref Losses losses)
    {
        output.StartObject("message"u8);
        output.Literal("role"u8, "assistant"u8);
        WriteJoined("content"u8, BlockKind.Text, response.Blocks, output);
        WriteRefusal(response, output);
        bool hasCalls = false;
        bool hasThinking = false;
        foreach (Block block in response.Blocks)
        {
            hasCalls |= block.Kind == BlockKind.ToolUse;
            hasThinking |= block is { Kind: BlockKind.Thinking, Redacted: false, Text.IsNullOrEmpty: false };
            Note(block, ref losses);
        }

        if (hasThinking)
        {
            WriteJoined("reasoning_content"u8, BlockKind.Thinking, response.Blocks, output);
        }

        if (hasCalls)
        {
            output.StartArray("tool_calls"u8);
            foreach (Block block in response.Blocks)
            {
                if (block.Kind == BlockKind.ToolUse)
                {
                    ToolCalls.Write(block, output);
                }
            }

            output.EndArray();
        }

        WriteAnnotations(response.Blocks, output, ref losses);
        output.EndObject();
    }

    private static void WriteJoined(ReadOnlySpan<byte> name, BlockKind kind, List<Block> blocks, JsonWriter output)
    {
        output.Name(name);
        PooledBuffer raw = output.Output;
        int start = raw.Length;
        raw.Write((byte)'"');
        foreach (Block block in blocks)
        {
            if (block.Kind == kind && !block.Redacted)
            {
                raw.Write(block.Text.Span);
            }
        }

        if (raw.Length == start + 1)
        {
            raw.Truncate(start);
            raw.Write("null"u8);
        }
        else
        {
            raw.Write((byte)'"');
        }
    }

    private static void WriteRefusal(ChatResponse response, JsonWriter output)
    {
        foreach (Block block in response.Blocks)
        {
            if (block.Kind == BlockKind.Refusal)
            {
                WriteJoined("refusal"u8, BlockKind.Refusal, response.Blocks, output);
                return;
            }
        }

        if (response.StopReason == StopReason.Refusal && !response.StopExplanation.IsNullOrEmpty)
        {
            output.Text("refusal"u8, response.StopExplanation);
        }
        else
        {
            output.Null("refusal"u8);
        }
    }

    private static void WriteAnnotations(List<Block> blocks, JsonWriter output, ref Losses losses)
    {
        output.StartArray("annotations"u8);
        long start = 0;
        foreach (Block block in blocks)
        {
            if (block.Kind != BlockKind.Text)
            {
                continue;
            }

            long end = start + Annotations.Length(block.Text);
            foreach (Citation citation in CollectionsMarshal.AsSpan(block.Citations))
            {
                if (!Annotations.TryWrite(citation, start, end, output))
                {
                    losses.Add(LossField.Citations);
                }
            }

            start = end;
        }

        output.EndArray();
    }

    private static void Note(Block block, ref Losses losses)
    {
        if (block is { Kind: BlockKind.Thinking, Signature.IsNullOrEmpty: false })
        {
            losses.Add(LossField.ThinkingSignature);
        }
        else if (block.Kind is not (BlockKind.Text or BlockKind.Thinking or BlockKind.Refusal or BlockKind.ToolUse))
        {
            losses.Add(PartWriter.Loss(block));
        }
    }
}
