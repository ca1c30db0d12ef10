using Busbar.Ir;
using Busbar.Protocols.Anthropic.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>Writes a whole <c>message</c> answer with every key that a genuine one has, null where there is nothing to say.</summary>
internal static class ResponseWriter
{
    /// <summary>Writes the answer. One that came in this protocol keeps its id and all it said beyond the representation.</summary>
    public static void Write(ChatResponse response, in ResponseIdentity identity, JsonWriter output, ref Losses losses)
    {
        bool replay = response.Source == ProtocolId.Anthropic;
        output.StartObject();
        if (replay && !response.Id.IsAbsent)
        {
            output.Text("id"u8, response.Id);
        }
        else
        {
            output.String("id"u8, identity.Id);
        }

        output.Literal("type"u8, "message"u8);
        output.Literal("role"u8, "assistant"u8);
        output.Text("model"u8, response.Model.IsAbsent ? identity.Model : response.Model);
        bool refused = WriteContent(response, output, ref losses);
        if (!replay || !IsReplayed(response, "container"u8))
        {
            output.Null("container"u8);
        }

        StopReason reason = refused ? StopReasons.WithRefusal(response.StopReason) : response.StopReason;
        WriteStop(response, reason, replay, output);
        if (!replay || !IsReplayed(response, "usage"u8))
        {
            UsageFields.Write(response.Usage, response.ServiceTier, output);
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

    private static bool WriteContent(ChatResponse response, JsonWriter output, ref Losses losses)
    {
        bool refused = false;
        output.StartArray("content"u8);
        foreach (Block block in response.Blocks)
        {
            refused |= block.Kind == BlockKind.Refusal;
            if (AnswerBlocks.CanWrite(block, ref losses))
            {
                AnswerBlocks.Write(block, output, ref losses);
            }
        }

        output.EndArray();
        return refused;
    }

    private static void WriteStop(ChatResponse response, StopReason reason, bool replay, JsonWriter output)
    {
        if (!replay || !IsReplayed(response, "stop_reason"u8))
        {
            StopReasons.WriteReason(reason, output);
        }

        StopReasons.WriteSequence(replay || reason == StopReason.StopSequence ? response.StopSequence : default, output);
        if (!replay || !IsReplayed(response, "stop_details"u8))
        {
            StopReasons.WriteDetails(reason, response.StopCategory, response.StopExplanation, output);
        }
    }

    private static bool IsReplayed(ChatResponse response, ReadOnlySpan<byte> name) => !response.Extra.Find(name).IsMissing;
}
