using Busbar.Ir;
using Busbar.Protocols.Cohere.Content;
using Busbar.Protocols.Cohere.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>Writes a whole answer. One that was read from this protocol is repeated as it was.</summary>
internal static class ResponseWriter
{
    /// <summary>Writes <paramref name="response"/> as the next value.</summary>
    public static void Write(ChatResponse response, in ResponseIdentity identity, JsonWriter output, ref Losses losses)
    {
        if (response.Source == ProtocolId.Cohere && response.Tape.Root.IsObject)
        {
            output.Raw(response.Tape.Root.Raw);
            return;
        }

        output.StartObject();
        output.String("id"u8, identity.Id);
        StopReasons.Write(response.StopReason, output);
        WriteMessage(response, output, ref losses);
        UsageFields.Write(response.Usage, output);
        output.EndObject();
        if (!response.Logprobs.IsAbsent)
        {
            losses.Add(LossField.Logprobs);
        }
    }

    private static void WriteMessage(ChatResponse response, JsonWriter output, ref Losses losses)
    {
        bool hasCalls = false;
        bool hasText = false;
        bool hasThoughts = false;
        foreach (Block block in response.Blocks)
        {
            hasCalls |= block.Kind == BlockKind.ToolUse;
            hasText |= PartWriter.IsWords(block);
            hasThoughts |= IsThought(block);
            Note(block, ref losses);
        }

        if (!response.StopExplanation.IsNullOrEmpty && (hasCalls || hasText || !IsExplained(response.StopReason, response.StopExplanation)))
        {
            losses.Add(LossField.StopDetails);
        }

        output.StartObject("message"u8);
        output.Literal("role"u8, "assistant"u8);
        if (hasCalls && hasText)
        {
            PartWriter.WriteJoined("tool_plan"u8, response.Blocks, default, output);
        }

        if (!hasCalls || hasThoughts)
        {
            WriteContent(response, !hasCalls, hasText, output);
        }

        ToolCalls.Write(response.Blocks, output);
        WriteCitations(response.Blocks, hasCalls, output, ref losses);
        output.EndObject();
    }

    private static void WriteContent(ChatResponse response, bool withWords, bool hasText, JsonWriter output)
    {
        output.StartArray("content"u8);
        foreach (Block block in response.Blocks)
        {
            if (IsThought(block) || (withWords && PartWriter.IsWords(block)))
            {
                PartWriter.Write(block, output);
            }
        }

        // The reason of a refusal has no field of its own.
        if (withWords && !hasText && IsExplained(response.StopReason, response.StopExplanation))
        {
            output.StartObject();
            output.Literal("type"u8, "text"u8);
            output.Text("text"u8, response.StopExplanation);
            output.EndObject();
        }

        output.EndArray();
    }

    private static void WriteCitations(List<Block> blocks, bool hasPlan, JsonWriter output, ref Losses losses)
    {
        int content = 0;
        int written = 0;
        int plans = 0;
        foreach (Block block in blocks)
        {
            plans += PartWriter.IsWords(block) ? 1 : 0;
            if (block.Citations is { Count: > 0 } && PartWriter.IsWords(block))
            {
                // Positions in a plan that was joined from several texts would be wrong.
                if (hasPlan && plans > 1)
                {
                    losses.Add(LossField.Citations);
                    continue;
                }

                if (written++ == 0)
                {
                    output.StartArray("citations"u8);
                }

                Citations.WriteAll(block, hasPlan ? -1 : content, output);
            }

            content += IsThought(block) || PartWriter.IsWords(block) ? 1 : 0;
        }

        if (written > 0)
        {
            output.EndArray();
        }
    }

    /// <summary>
    /// Whether the words about a stop may stand where the answer's would: those of a refusal may, those about a failure are no answer.
    /// </summary>
    public static bool IsExplained(StopReason reason, JsonText explanation) =>
        reason is StopReason.Safety or StopReason.Refusal && !explanation.IsNullOrEmpty;

    private static bool IsThought(Block block) => block is { Kind: BlockKind.Thinking, Redacted: false, Text.IsNullOrEmpty: false };

    private static void Note(Block block, ref Losses losses)
    {
        if (block.Kind is not (BlockKind.ToolUse or BlockKind.Thinking) && !OpenAI.Content.PartWriter.IsText(block))
        {
            losses.Add(OpenAI.Content.PartWriter.Loss(block));
        }
        else if (block is { Kind: BlockKind.Thinking, Signature.IsNullOrEmpty: false } or { Kind: BlockKind.Thinking, Redacted: true })
        {
            losses.Add(LossField.ThinkingSignature);
        }
    }
}
