using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Cohere.Content;
using Busbar.Protocols.Cohere.Tools;
using Busbar.Protocols.Translation.Request;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>
/// Writes a request. One that was read from this protocol is repeated member by member with the model replaced; one that the adapter prepared is
/// written from the representation.
/// </summary>
internal static class RequestWriter
{
    private const int MaxStops = 5;

    /// <summary>Writes <paramref name="request"/> as the next value.</summary>
    public static void Write(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses)
    {
        output.StartObject();
        output.Text("model"u8, target.WireModelText);
        if (request.Source == ProtocolId.Cohere && request.Tape.Root.IsObject)
        {
            foreach (JsonMember member in request.Tape.Root.Members)
            {
                if (!member.Name.Is("model"u8))
                {
                    output.Raw(member.Name.Span, member.Value.Raw);
                }
            }

            output.EndObject();
            return;
        }

        MessageWriter.Write(request, output, ref losses);
        bool hasTools = ToolWriter.Write(request, output, ref losses);
        bool hasDocuments = WriteDocuments(request, output);
        WriteFormat(request.ResponseFormat, hasTools || hasDocuments, output, ref losses);
        WriteSettings(request, output, ref losses);
        WriteReasoning(request.Reasoning, output, ref losses);
        if (request.Stream)
        {
            output.Bool("stream"u8, true);
        }

        output.EndObject();
    }

    private static bool WriteDocuments(ChatRequest request, JsonWriter output)
    {
        if (!Documents.Write(request, output))
        {
            return false;
        }

        if (Documents.AreCited(request) is { } cited)
        {
            output.StartObject("citation_options"u8);
            output.Literal("mode"u8, cited ? "ENABLED"u8 : "OFF"u8);
            output.EndObject();
        }

        return true;
    }

    private static void WriteFormat(in ResponseFormat format, bool isExcluded, JsonWriter output, ref Losses losses)
    {
        if (!format.Json)
        {
            return;
        }

        // The API refuses a form together with tools or documents, and calls or grounding matter more.
        if (isExcluded)
        {
            losses.Add(LossField.ResponseFormat);
            return;
        }

        output.StartObject("response_format"u8);
        output.Literal("type"u8, "json_object"u8);
        output.RawIfPresent("json_schema"u8, format.Schema);
        output.EndObject();
        if (!format.Name.IsNullOrEmpty)
        {
            losses.Add(LossField.ResponseFormatName);
        }
    }

    private static void WriteSettings(ChatRequest request, JsonWriter output, ref Losses losses)
    {
        if (request.MaxTokens is { } limit)
        {
            output.Number("max_tokens"u8, limit);
        }

        output.RawIfPresent("temperature"u8, request.Temperature);
        output.RawIfPresent("p"u8, request.TopP);
        if (request.TopK is { } topK)
        {
            output.Number("k"u8, topK);
        }

        output.RawIfPresent("seed"u8, request.Seed);
        output.RawIfPresent("frequency_penalty"u8, request.FrequencyPenalty);
        output.RawIfPresent("presence_penalty"u8, request.PresencePenalty);
        if (request.Logprobs == true || request.TopLogprobs is not null)
        {
            losses.Add(LossField.Logprobs);
        }

        for (int index = 0; index < Math.Min(request.Stop.Count, MaxStops); index++)
        {
            if (index == 0)
            {
                output.StartArray("stop_sequences"u8);
            }

            output.Text(request.Stop[index]);
        }

        if (request.Stop.Count > 0)
        {
            output.EndArray();
        }

        if (request.Stop.Count > MaxStops)
        {
            losses.Add(LossField.StopSequences);
        }
    }

    // Models that can think do so unless told otherwise, so that "no" has to be said.
    private static void WriteReasoning(in Reasoning reasoning, JsonWriter output, ref Losses losses)
    {
        if (reasoning.Display is not null)
        {
            losses.Add(LossField.ReasoningDisplay);
        }

        if (!reasoning.IsSpecified)
        {
            return;
        }

        output.StartObject("thinking"u8);
        output.Literal("type"u8, reasoning.IsOn ? "enabled"u8 : "disabled"u8);
        long budget = reasoning.Mode == ReasoningMode.Budget ? reasoning.Budget
            : reasoning.Mode == ReasoningMode.Unspecified ? ReasoningRule.Budget(reasoning.Effort)
            : 0;
        if (reasoning.IsOn && budget > 0)
        {
            output.Number("token_budget"u8, budget);
        }

        output.EndObject();
    }
}
