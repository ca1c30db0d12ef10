using Busbar.Ir;
using Busbar.Protocols.Bedrock.Content;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>Writes a whole Converse answer. It has neither id nor model in this protocol.</summary>
internal static class ResponseWriter
{
    /// <summary>Writes the answer. One that came in this protocol keeps all it said beyond the representation.</summary>
    public static void Write(ChatResponse response, in ResponseIdentity identity, JsonWriter output, ref Losses losses)
    {
        bool replay = response.Source == ProtocolId.Bedrock;
        output.StartObject();
        output.StartObject("output"u8);
        output.StartObject("message"u8);
        output.Literal("role"u8, "assistant"u8);
        bool hasTool = false;
        bool hasRefusal = false;
        bool hasAny = false;
        output.StartArray("content"u8);
        foreach (Block block in response.Blocks)
        {
            hasTool |= block.Kind == BlockKind.ToolUse;
            hasRefusal |= block.Kind == BlockKind.Refusal;
            if (CanWrite(block, ref losses))
            {
                Write(block, output, ref losses);
                hasAny = true;
            }
        }

        if (!hasAny && !replay)
        {
            // The service puts a guardrail's wording in the place of the answer; words about a failure are no answer.
            bool isShown = response.StopReason is StopReason.Safety or StopReason.Refusal && !response.StopExplanation.IsAbsent;
            Texts.Write(isShown ? response.StopExplanation : JsonText.Empty, output);
        }

        output.EndArray();
        output.EndObject();
        output.EndObject();
        if (!IsReplayed(response, replay, "stopReason"u8))
        {
            output.Literal("stopReason"u8, StopReasons.Word(response.StopReason, hasTool, hasRefusal));
        }

        if (!IsReplayed(response, replay, "usage"u8))
        {
            UsageFields.Write(response.Usage, output);
        }

        if (!IsReplayed(response, replay, "metrics"u8))
        {
            WriteMetrics(identity.ElapsedMilliseconds, output);
        }

        if (!replay)
        {
            WriteTier(response.ServiceTier, output);
        }

        if (replay)
        {
            response.Extra.Write(output);
        }
        else if (!response.Logprobs.IsNull)
        {
            losses.Add(LossField.Logprobs);
        }

        output.EndObject();
    }

    /// <summary>Writes <c>metrics</c>.</summary>
    public static void WriteMetrics(long milliseconds, JsonWriter output)
    {
        output.StartObject("metrics"u8);
        output.Number("latencyMs"u8, milliseconds);
        output.EndObject();
    }

    /// <summary>Writes <c>serviceTier</c>; nothing when <paramref name="tier"/> is absent.</summary>
    public static void WriteTier(JsonText tier, JsonWriter output)
    {
        if (!tier.IsNullOrEmpty)
        {
            output.StartObject("serviceTier"u8);
            output.Text("type"u8, tier);
            output.EndObject();
        }
    }

    private static bool CanWrite(Block block, ref Losses losses)
    {
        LossField? loss = block.Kind switch
        {
            _ when ContentWriter.IsReplayed(block) => null,
            BlockKind.Text or BlockKind.Refusal or BlockKind.Json or BlockKind.Thinking or BlockKind.ToolUse => null,
            BlockKind.Image when block.Source == MediaSource.Base64 => null,
            _ => BlockLoss.Of(block.Kind),
        };
        if (loss is LossField field)
        {
            losses.Add(field);
        }

        return loss is null;
    }

    private static void Write(Block block, JsonWriter output, ref Losses losses)
    {
        if (ContentWriter.IsReplayed(block))
        {
            output.Raw(block.Raw);
            return;
        }

        output.StartObject();
        switch (block.Kind)
        {
            case BlockKind.ToolUse:
                output.StartObject("toolUse"u8);
                output.Text("toolUseId"u8, block.Id);
                output.Text("name"u8, block.Name);
                ContentWriter.WriteInput(block, output, ref losses);
                output.EndObject();
                break;
            case BlockKind.Thinking:
                ContentWriter.WriteThinking(block, output);
                break;
            case BlockKind.Json:
                output.Stringified("text"u8, block.Input);
                break;
            case BlockKind.Image:
                output.StartObject("image"u8);
                MediaWriter.WriteImageFormat(block.MediaType, output, ref losses);
                output.StartObject("source"u8);
                output.Text("bytes"u8, block.Data);
                output.EndObject();
                output.EndObject();
                break;
            default:
                WriteWords(block, output);
                break;
        }

        output.EndObject();
    }

    private static void WriteWords(Block block, JsonWriter output)
    {
        if (block.Citations is not { Count: > 0 } citations)
        {
            output.Text("text"u8, block.Text);
            return;
        }

        output.StartObject("citationsContent"u8);
        output.StartArray("content"u8);
        Texts.Write(block.Text, output);
        output.EndArray();
        output.StartArray("citations"u8);
        foreach (Citation citation in citations)
        {
            Citations.Write(citation, output);
        }

        output.EndArray();
        output.EndObject();
    }

    private static bool IsReplayed(ChatResponse response, bool replay, ReadOnlySpan<byte> name) => replay && !response.Extra.Find(name).IsMissing;
}
