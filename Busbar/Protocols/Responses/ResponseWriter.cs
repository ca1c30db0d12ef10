using Busbar.Ir;
using Busbar.Protocols.Responses.Content;
using Busbar.Protocols.Responses.Tools;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>Writes whole answers.</summary>
internal static class ResponseWriter
{
    /// <summary>Writes <paramref name="response"/>: as it was read when it came in this protocol, built from the representation otherwise.</summary>
    public static void Write(ChatResponse response, in ResponseIdentity identity, JsonWriter output, ref Losses losses)
    {
        if (response.Source == ProtocolId.Responses)
        {
            Replay(response, output);
            return;
        }

        var head = new ResponseObject(JsonText.From(identity.Id), identity.Created, response.Model.IsNullOrEmpty ? identity.Model : response.Model);
        StopReason stop = StopReasons.Shown(response.StopReason, response.Has(BlockKind.Refusal) || !response.StopExplanation.IsNullOrEmpty);
        head.WriteHead(output, stop);
        output.StartArray("output"u8);
        WriteItems(response, stop, output, ref losses);
        output.EndArray();
        ResponseObject.WriteTail(output, response.Usage, response.ServiceTier);
    }

    private static void Replay(ChatResponse response, JsonWriter output)
    {
        output.StartObject();
        output.TextIfPresent("id"u8, response.Id);
        output.TextIfPresent("model"u8, response.Model);
        response.Extra.Write(output);
        output.EndObject();
    }

    private static void WriteItems(ChatResponse response, StopReason stop, JsonWriter output, ref Losses losses)
    {
        ReadOnlySpan<byte> status = stop is StopReason.MaxTokens or StopReason.Safety ? "incomplete"u8 : "completed"u8;
        bool open = false;
        bool refused = false;
        bool firstText = true;
        JsonText phase = default;
        foreach (Block block in response.Blocks)
        {
            if (block.Kind is BlockKind.Text or BlockKind.Refusal)
            {
                refused |= block.Kind == BlockKind.Refusal;
                if (block.Text.IsNullOrEmpty)
                {
                    continue;
                }

                if (open && !phase.Equals(block.Phase))
                {
                    CloseMessage(ref open, output);
                }

                if (!open)
                {
                    phase = block.Phase;
                    OpenMessage(phase, status, output);
                    open = true;
                }

                if (block.Kind == BlockKind.Refusal)
                {
                    OutputItems.WriteRefusalPart(block.Text, output);
                }
                else
                {
                    WriteText(block, firstText ? response.Logprobs : default, output, ref losses);
                    firstText = false;
                }

                continue;
            }

            CloseMessage(ref open, output);
            WriteItem(block, output, ref losses);
        }

        if (stop == StopReason.Refusal && !refused)
        {
            if (!open)
            {
                OpenMessage(default, status, output);
                open = true;
            }

            OutputItems.WriteRefusalPart(response.StopExplanation, output);
        }

        CloseMessage(ref open, output);
    }

    private static void WriteText(Block block, JsonSlice logprobs, JsonWriter output, ref Losses losses)
    {
        if (!block.Signature.IsNullOrEmpty)
        {
            losses.Add(LossField.ThinkingSignature);
        }

        output.StartObject();
        output.Literal("type"u8, "output_text"u8);
        output.Text("text"u8, block.Text);
        output.StartArray("annotations"u8);
        foreach (Citation citation in block.Citations ?? [])
        {
            Annotations.TryWrite(citation, block.Text, output, ref losses);
        }

        output.EndArray();
        output.Raw("logprobs"u8, logprobs.IsArray ? logprobs.Span : "[]"u8);
        output.EndObject();
    }

    private static void WriteItem(Block block, JsonWriter output, ref Losses losses)
    {
        switch (block.Kind)
        {
            case BlockKind.Thinking:
                output.StartObject();
                output.Text("id"u8, ResponsesProtocol.NewItemId("rs_"));
                output.Literal("type"u8, "reasoning"u8);
                OutputItems.WriteSummary(block.Redacted ? default : block.Text, output);
                if (OutputItems.CanCarry(block.Signature, block.Origin, ref losses))
                {
                    output.Text("encrypted_content"u8, block.Signature);
                }

                output.EndObject();
                break;
            case BlockKind.ToolUse:
                output.StartObject();
                output.Text("id"u8, ResponsesProtocol.NewItemId(TypedCalls.IdPrefix(block.Form)));
                OutputItems.WriteCallMembers(block, output);
                output.Literal("status"u8, AnswerEnd.IsCut(block) ? "incomplete"u8 : "completed"u8);
                output.EndObject();
                break;
            case BlockKind.Summary:
                OutputItems.WriteSummaryItem(block.Text, ResponsesProtocol.NewItemId("cmp_"), output);
                break;
            case BlockKind.Image when block.Source == MediaSource.Base64:
                output.StartObject();
                OutputItems.WriteImageMembers(block, ResponsesProtocol.NewItemId("ig_"), output);
                output.EndObject();
                break;
            default:
                losses.Add(BlockLoss.Of(block.Kind));
                break;
        }
    }

    private static void OpenMessage(JsonText phase, ReadOnlySpan<byte> status, JsonWriter output)
    {
        output.StartObject();
        output.Text("id"u8, ResponsesProtocol.NewItemId("msg_"));
        output.Literal("type"u8, "message"u8);
        output.Literal("status"u8, status);
        output.Literal("role"u8, "assistant"u8);
        output.TextIfPresent("phase"u8, phase);
        output.StartArray("content"u8);
    }

    private static void CloseMessage(ref bool open, JsonWriter output)
    {
        if (open)
        {
            output.EndArray();
            output.EndObject();
            open = false;
        }
    }
}
