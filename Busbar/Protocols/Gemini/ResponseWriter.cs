using System.Runtime.InteropServices;
using Busbar.Ir;
using Busbar.Protocols.Gemini.Content;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>Writes a whole answer. One that was read from this protocol is repeated as it was.</summary>
internal static class ResponseWriter
{
    /// <summary>Writes <paramref name="response"/> as the next value.</summary>
    public static void Write(ChatResponse response, in ResponseIdentity identity, JsonWriter output, ref Losses losses)
    {
        if (response.Source == ProtocolId.Gemini && response.Tape.Root.IsObject)
        {
            output.Raw(response.Tape.Root.Raw);
            return;
        }

        output.StartObject();
        output.StartArray("candidates"u8);
        int index = 0;
        for (ChatResponse? candidate = response; candidate is not null; candidate = candidate.Next)
        {
            WriteCandidate(candidate, index++, output, ref losses);
        }

        output.EndArray();
        UsageFields.Write(response.Usage, response.ServiceTier, output);
        output.Text("modelVersion"u8, response.Model.IsNullOrEmpty ? identity.Model : response.Model);
        output.String("responseId"u8, identity.Id);
        output.EndObject();
    }

    private static void WriteCandidate(ChatResponse response, int index, JsonWriter output, ref Losses losses)
    {
        output.StartObject();
        using var grounding = new GroundingWriter();
        WriteContent(response.Blocks, grounding, output, ref losses);
        StopReasons.Write(response.StopReason, output);
        if (!response.StopExplanation.IsNullOrEmpty)
        {
            output.Text("finishMessage"u8, response.StopExplanation);
        }

        output.Number("index"u8, index);
        grounding.Write(output);
        Logprobs.Write(response.Logprobs, output);
        output.EndObject();
    }

    private static void WriteContent(List<Block> blocks, GroundingWriter grounding, JsonWriter output, ref Losses losses)
    {
        output.StartObject("content"u8);
        output.StartArray("parts"u8);
        int part = 0;
        foreach (Block block in blocks)
        {
            bool isEmpty = block.Kind is BlockKind.Text or BlockKind.Refusal && block.Text.IsNullOrEmpty && block.Signature.IsNullOrEmpty;
            if (isEmpty || !PartWriter.Write(block, true, output, ref losses))
            {
                continue;
            }

            foreach (ref readonly Citation citation in CollectionsMarshal.AsSpan(block.Citations))
            {
                if (!grounding.TryAdd(citation))
                {
                    losses.Add(LossField.Citations);
                }
            }

            grounding.EndText(block.Text, part, 0);
            part++;
        }

        output.EndArray();
        output.Literal("role"u8, "model"u8);
        output.EndObject();
    }
}
