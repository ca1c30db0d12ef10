using System.Buffers.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Gemini.Content;
using Busbar.Protocols.Gemini.Schemas;
using Busbar.Protocols.Gemini.Tools;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>
/// Writes a request; model and streaming stand in the path. One that was read from this protocol is repeated member by member; one that the
/// adapter prepared is written from the representation.
/// </summary>
internal static class RequestWriter
{
    /// <summary>Writes <paramref name="request"/> as the next value.</summary>
    public static void Write(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses)
    {
        output.StartObject();
        if (request.Source == ProtocolId.Gemini && request.Tape.Root.IsObject)
        {
            Repeat(request, output, ref losses);
        }
        else
        {
            ContentWriter.Write(request, target.Capabilities, output, ref losses);
            ToolWriter.Write(request, target.Capabilities, output, ref losses);
            WriteConfig(request, target.Capabilities, output, ref losses);
            output.TextIfPresent("serviceTier"u8, request.ServiceTier);
        }

        output.EndObject();
    }

    private static void Repeat(ChatRequest request, JsonWriter output, ref Losses losses)
    {
        foreach (JsonMember member in request.Tape.Root.Members)
        {
            if (member.Name.Is("contents"u8))
            {
                ContentWriter.Repeat(request.Messages, output, ref losses);
            }
            else if (!member.Name.Is("model"u8) && !member.Name.Is("stream"u8))
            {
                output.Raw(member.Name.Span, member.Value.Raw);
            }
        }
    }

    private static void WriteConfig(ChatRequest request, Capabilities capabilities, JsonWriter output, ref Losses losses)
    {
        int before = output.Output.Length;
        output.StartObject("generationConfig"u8);
        int start = output.Output.Length;
        if (request.MaxTokens is { } limit)
        {
            output.Number("maxOutputTokens"u8, limit);
        }

        output.RawIfPresent("temperature"u8, request.Temperature);
        output.RawIfPresent("topP"u8, request.TopP);
        if (request.TopK is { } topK)
        {
            output.Number("topK"u8, topK);
        }

        if (request.Stop.Count > 0)
        {
            output.StartArray("stopSequences"u8);
            foreach (JsonText stop in request.Stop)
            {
                output.Text(stop);
            }

            output.EndArray();
        }

        WriteSeed(request.Seed, output, ref losses);
        output.RawIfPresent("frequencyPenalty"u8, request.FrequencyPenalty);
        output.RawIfPresent("presencePenalty"u8, request.PresencePenalty);
        if (request.CandidateCount is { } count)
        {
            output.Number("candidateCount"u8, count);
        }

        if (request.Logprobs == true || request.TopLogprobs is not null)
        {
            output.Bool("responseLogprobs"u8, true);
        }

        if (request.TopLogprobs is { } alternatives and > 0)
        {
            output.Number("logprobs"u8, alternatives);
        }

        WriteFormat(request.ResponseFormat, capabilities, output, ref losses);
        WriteThinking(request.Reasoning, capabilities, output);
        bool isEmpty = output.Output.Length == start;
        output.EndObject();
        if (isEmpty)
        {
            output.Output.Truncate(before);
        }
    }

    // The field is a signed 32-bit integer.
    private static void WriteSeed(JsonSlice seed, JsonWriter output, ref Losses losses)
    {
        if (seed.IsAbsent)
        {
            return;
        }

        if (Utf8Parser.TryParse(seed.Span, out int _, out int used) && used == seed.Span.Length)
        {
            output.Raw("seed"u8, seed);
        }
        else
        {
            losses.Add(LossField.Seed);
        }
    }

    private static void WriteFormat(in ResponseFormat format, Capabilities capabilities, JsonWriter output, ref Losses losses)
    {
        if (!format.Json)
        {
            return;
        }

        output.Literal("responseMimeType"u8, "application/json"u8);
        if (format.Schema.IsObject && capabilities.JsonSchemaFields)
        {
            output.Raw("responseJsonSchema"u8, format.Schema);
        }
        else if (format.Schema.IsObject)
        {
            SchemaLowering.Write("responseSchema"u8, format.Schema, output, ref losses);
        }
    }

    private static void WriteThinking(in Reasoning reasoning, Capabilities capabilities, JsonWriter output)
    {
        if (!capabilities.Reasoning || (!reasoning.IsSpecified && reasoning.Display is null))
        {
            return;
        }

        output.StartObject("thinkingConfig"u8);
        if (reasoning.Effort is not (ReasoningEffort.Unspecified or ReasoningEffort.None))
        {
            output.Literal("thinkingLevel"u8, reasoning.Effort switch
            {
                ReasoningEffort.Minimal => "MINIMAL"u8,
                ReasoningEffort.Low => "LOW"u8,
                ReasoningEffort.Medium => "MEDIUM"u8,
                _ => "HIGH"u8,
            });
        }
        else if (reasoning.IsSpecified && capabilities.ThinkingBudget)
        {
            // Level and budget exclude each other, and models with levels refuse budgets.
            output.Number("thinkingBudget"u8, reasoning.Mode switch
            {
                ReasoningMode.Budget => reasoning.Budget,
                ReasoningMode.Adaptive or ReasoningMode.BetweenTools => -1,
                _ => 0,
            });
        }

        output.Bool("includeThoughts"u8, reasoning.Display ?? reasoning.IsOn);
        output.EndObject();
    }
}
