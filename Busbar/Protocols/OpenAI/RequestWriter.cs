using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.OpenAI.Content;
using Busbar.Protocols.OpenAI.Tools;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>
/// Writes a request. One that was read from this protocol is repeated member by member, with the model replaced and usage asked for on
/// streams; one that the adapter prepared is written from the representation.
/// </summary>
internal static class RequestWriter
{
    /// <summary>Writes <paramref name="request"/> as the next value.</summary>
    public static void Write(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses)
    {
        if (request.Source == ProtocolId.OpenAI && request.Tape.Root.IsObject)
        {
            Repeat(request, target, output);
            return;
        }

        output.StartObject();
        output.Text("model"u8, target.WireModelText);
        MessageWriter.Write(request, target.Capabilities, output, ref losses);
        ToolWriter.Write(request, output, ref losses);
        WriteSettings(request, target.Capabilities, output, ref losses);
        WriteFormat(request.ResponseFormat, output);
        WriteReasoning(request, target.Capabilities, output, ref losses);
        WriteIdentity(request, output, ref losses);
        if (request.Stream)
        {
            output.Bool("stream"u8, true);
            WriteStreamOptions(default, output);
        }

        output.EndObject();
    }

    private static void Repeat(ChatRequest request, EgressTarget target, JsonWriter output)
    {
        output.StartObject();
        output.Text("model"u8, target.WireModelText);
        JsonNode root = request.Tape.Root;
        foreach (JsonMember member in root.Members)
        {
            if (member.Name.Is("messages"u8) && member.Value.IsArray)
            {
                MessageWriter.Repeat(member.Value, request.Messages, output);
            }
            else if (!member.Name.Is("model"u8) && !(request.Stream && member.Name.Is("stream_options"u8)))
            {
                output.Raw(member.Name.Span, member.Value.Raw);
            }
        }

        if (request.Stream)
        {
            WriteStreamOptions(root["stream_options"u8], output);
        }

        output.EndObject();
    }

    private static void WriteStreamOptions(JsonNode own, JsonWriter output)
    {
        output.StartObject("stream_options"u8);
        foreach (JsonMember member in own.Members)
        {
            if (!member.Name.Is("include_usage"u8))
            {
                output.Raw(member.Name.Span, member.Value.Raw);
            }
        }

        output.Bool("include_usage"u8, true);
        output.EndObject();
    }

    private static void WriteSettings(ChatRequest request, Capabilities capabilities, JsonWriter output, ref Losses losses)
    {
        if (request.MaxTokens is { } limit)
        {
            output.Number(capabilities.MaxCompletionTokens ? "max_completion_tokens"u8 : "max_tokens"u8, limit);
        }

        output.RawIfPresent("temperature"u8, request.Temperature);
        output.RawIfPresent("top_p"u8, request.TopP);
        output.RawIfPresent("seed"u8, request.Seed);
        output.RawIfPresent("frequency_penalty"u8, request.FrequencyPenalty);
        output.RawIfPresent("presence_penalty"u8, request.PresencePenalty);
        if (request.TopK is not null)
        {
            losses.Add(LossField.TopK);
        }

        if (request.CandidateCount is { } count)
        {
            output.Number("n"u8, count);
        }

        if (request.TopLogprobs is { } alternatives)
        {
            output.Bool("logprobs"u8, true);
            output.Number("top_logprobs"u8, alternatives);
        }
        else if (request.Logprobs is { } logprobs)
        {
            output.Bool("logprobs"u8, logprobs);
        }

        if (request.Stop.Count > 0)
        {
            output.StartArray("stop"u8);
            for (int index = 0; index < Math.Min(request.Stop.Count, MaxStops); index++)
            {
                output.Text(request.Stop[index]);
            }

            output.EndArray();
        }

        if (request.Stop.Count > MaxStops)
        {
            losses.Add(LossField.StopSequences);
        }
    }

    private static void WriteFormat(in ResponseFormat format, JsonWriter output)
    {
        if (!format.Json)
        {
            return;
        }

        output.StartObject("response_format"u8);
        output.Literal("type"u8, format.Schema.IsAbsent ? "json_object"u8 : "json_schema"u8);
        if (!format.Schema.IsAbsent)
        {
            output.StartObject("json_schema"u8);
            output.Text("name"u8, format.Name.IsNullOrEmpty ? DefaultFormatName : format.Name);
            output.TextIfPresent("description"u8, format.Description);
            output.Raw("schema"u8, format.Schema);
            if (format.Strict is { } strict)
            {
                output.Bool("strict"u8, strict);
            }

            output.EndObject();
        }

        output.EndObject();
    }

    private static void WriteReasoning(ChatRequest request, Capabilities capabilities, JsonWriter output, ref Losses losses)
    {
        if (request.Reasoning.Display is not null)
        {
            losses.Add(LossField.ReasoningDisplay);
        }

        ReasoningEffort effort = request.Reasoning.Effort;
        if (effort == ReasoningEffort.Unspecified)
        {
            effort = request.Reasoning.Mode switch
            {
                ReasoningMode.Off => ReasoningEffort.None,
                ReasoningMode.Adaptive or ReasoningMode.BetweenTools => ReasoningEffort.Medium,
                ReasoningMode.Budget => request.Reasoning.Budget >= 16384 ? ReasoningEffort.High : request.Reasoning.Budget >= 8192
                    ? ReasoningEffort.Medium : ReasoningEffort.Low,
                _ => effort,
            };
        }

        if (capabilities.ToolsNeedNoReasoning && request.Tools.Count > 0)
        {
            effort = ReasoningEffort.None;
        }

        if (effort != ReasoningEffort.Unspecified)
        {
            // "max" is not taken everywhere on this API.
            output.Literal("reasoning_effort"u8, effort switch
            {
                ReasoningEffort.None => "none"u8,
                ReasoningEffort.Minimal when capabilities.MinimalEffort => "minimal"u8,
                ReasoningEffort.Minimal or ReasoningEffort.Low => "low"u8,
                ReasoningEffort.Medium => "medium"u8,
                ReasoningEffort.XHigh or ReasoningEffort.Max when capabilities.HighestEfforts => "xhigh"u8,
                _ => "high"u8,
            });
        }
    }

    private static void WriteIdentity(ChatRequest request, JsonWriter output, ref Losses losses)
    {
        output.TextIfPresent("user"u8, request.User);
        output.RawIfPresent("metadata"u8, request.Metadata);
        output.TextIfPresent("verbosity"u8, request.Verbosity);
        output.TextIfPresent("prompt_cache_key"u8, request.PromptCacheKey);
        JsonText tier = request.ServiceTier;
        if (tier.Is("standard_only"u8) || tier.Is("standard"u8))
        {
            output.Literal("service_tier"u8, "default"u8);
        }
        else if (tier.Is("auto"u8) || tier.Is("default"u8) || tier.Is("flex"u8) || tier.Is("priority"u8) || tier.Is("fast"u8) || tier.Is("scale"u8))
        {
            output.Text("service_tier"u8, tier);
        }
        else if (!tier.IsAbsent)
        {
            losses.Add(LossField.ServiceTier);
        }
    }

    private const int MaxStops = 4;
    private static readonly JsonText DefaultFormatName = JsonText.From("response");
}
