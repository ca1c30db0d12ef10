using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Responses.Content;
using Busbar.Protocols.Responses.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>Writes request bodies: as they were read when they came in this protocol, built from the representation otherwise.</summary>
internal static class RequestWriter
{
    // The API refuses smaller limits.
    /// <summary>The smallest output limit that the API takes.</summary>
    public const long MinOutputTokens = 16;

    /// <summary>Writes <paramref name="request"/> for <paramref name="target"/>.</summary>
    public static void Write(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses)
    {
        bool same = request.Source == ProtocolId.Responses;
        output.StartObject();
        output.Text("model"u8, target.WireModelText);
        WriteInstructions(request, output, ref losses);
        InputWriter.Write(request, target, output, ref losses);
        WriteTools(request, same, output, ref losses);
        WriteSettings(request, output);
        if (same)
        {
            if (request.Stream)
            {
                output.Bool("stream"u8, true);
            }

            output.TextIfPresent("service_tier"u8, request.ServiceTier);
            request.Extra.Write(output);
        }
        else
        {
            output.Bool("stream"u8, request.Stream);

            // What the caller's own protocol did not ask to keep must not be kept.
            output.Bool("store"u8, false);
            WriteBuilt(request, target, output, ref losses);
            NoteLosses(request, ref losses);
        }

        output.EndObject();
    }

    private static void WriteInstructions(ChatRequest request, JsonWriter output, ref Losses losses)
    {
        bool open = false;
        foreach (Block block in request.System)
        {
            if (block.Kind != BlockKind.Text)
            {
                losses.Add(LossField.OpaqueBlock);
                continue;
            }

            if (block.Cache != CacheMark.None)
            {
                losses.Add(LossField.CacheControl);
            }

            if (!open)
            {
                output.Name("instructions"u8);
                output.Output.Write((byte)'"');
                open = true;
            }
            else
            {
                output.Output.Write("\\n"u8);
            }

            output.Output.Write(block.Text.Span);
        }

        if (open)
        {
            output.Output.Write((byte)'"');
        }
    }

    private static void WriteSettings(ChatRequest request, JsonWriter output)
    {
        output.RawIfPresent("temperature"u8, request.Temperature);
        output.RawIfPresent("top_p"u8, request.TopP);
        if (request.MaxTokens is { } limit)
        {
            output.Number("max_output_tokens"u8, request.Source == ProtocolId.Responses ? limit : Math.Max(limit, MinOutputTokens));
        }

        if (request.TopLogprobs is { } alternatives)
        {
            output.Number("top_logprobs"u8, alternatives);
        }

        output.RawIfPresent("metadata"u8, request.Metadata);
        output.TextIfPresent("prompt_cache_key"u8, request.PromptCacheKey);
        if (request.ParallelToolCalls is { } parallel && (request.Tools.Count > 0 || request.Source == ProtocolId.Responses))
        {
            output.Bool("parallel_tool_calls"u8, parallel);
        }
    }

    private static void WriteTools(ChatRequest request, bool same, JsonWriter output, ref Losses losses)
    {
        bool open = false;
        foreach (Tool tool in request.Tools)
        {
            if (same && (tool.IsLoaded || (tool.Raw.IsAbsent && !tool.Namespace.IsAbsent)))
            {
                // An item brings it along, or the first of its group has the entry of all.
                continue;
            }

            bool replay = !tool.Raw.IsAbsent && (same || tool is { Kind: ToolKind.Hosted, Origin: ProtocolId.Responses });
            if (tool.Kind == ToolKind.Hosted && !replay)
            {
                losses.Add(LossField.HostedTool);
                continue;
            }

            if (!open)
            {
                output.StartArray("tools"u8);
                open = true;
            }

            if (replay)
            {
                output.Raw(tool.Raw);
            }
            else
            {
                WriteTool(tool, output, ref losses);
            }
        }

        if (open)
        {
            output.EndArray();
            if (!same)
            {
                ToolChoices.Write(request, output);
            }
        }
        else if (!same && request.ToolChoice.Kind != ToolChoiceKind.Unspecified)
        {
            losses.Add(LossField.ToolChoice);
        }
    }

    private static void WriteTool(in Tool tool, JsonWriter output, ref Losses losses)
    {
        if (tool.Cache != CacheMark.None)
        {
            losses.Add(LossField.CacheControl);
        }

        output.StartObject();
        output.Literal("type"u8, tool.Kind == ToolKind.Custom ? "custom"u8 : "function"u8);
        output.Text("name"u8, tool.Name);
        output.TextIfPresent("description"u8, tool.Description);
        if (tool.Kind == ToolKind.Custom)
        {
            output.RawIfPresent("format"u8, tool.Format);
        }
        else
        {
            output.Raw("parameters"u8, tool.Schema.IsObject ? tool.Schema.Span : """{"type":"object","properties":{}}"""u8);

            // Left unsaid, the API would hold the schema to its strict subset.
            output.Bool("strict"u8, tool.Strict ?? false);
        }

        output.EndObject();
    }

    private static void WriteBuilt(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses)
    {
        WriteReasoning(request.Reasoning, output);
        WriteText(request, output);
        output.TextIfPresent("user"u8, request.User);
        int before = output.Output.Length;
        OpenAI.ServiceTiers.Write(request.ServiceTier, output);
        Note(!request.ServiceTier.IsAbsent && output.Output.Length == before, LossField.ServiceTier, ref losses);

        // Models that do not reason refuse the first of these.
        bool reasons = target.Capabilities.Reasoning;
        bool logprobs = request.Logprobs == true;
        if (reasons || logprobs)
        {
            output.StartArray("include"u8);
            if (reasons)
            {
                output.Literal("reasoning.encrypted_content"u8);
            }

            if (logprobs)
            {
                output.Literal("message.output_text.logprobs"u8);
            }

            output.EndArray();
        }
    }

    private static void WriteReasoning(in Reasoning reasoning, JsonWriter output)
    {
        ReasoningEffort effort = reasoning is { Mode: ReasoningMode.Off, Effort: ReasoningEffort.Unspecified } ? ReasoningEffort.None
            : reasoning.Effort;
        bool summarise = reasoning.Display == true;
        if (effort == ReasoningEffort.Unspecified && !summarise)
        {
            return;
        }

        output.StartObject("reasoning"u8);
        if (effort != ReasoningEffort.Unspecified)
        {
            output.Literal("effort"u8, EffortWords.Word(effort));
        }

        if (summarise)
        {
            output.Literal("summary"u8, "auto"u8);
        }

        output.EndObject();
    }

    private static void WriteText(ChatRequest request, JsonWriter output)
    {
        ResponseFormat format = request.ResponseFormat;
        if (!format.Json && request.Verbosity.IsAbsent)
        {
            return;
        }

        output.StartObject("text"u8);
        if (format.Json)
        {
            output.StartObject("format"u8);
            if (format.Schema.IsObject)
            {
                output.Literal("type"u8, "json_schema"u8);
                if (format.Name.IsNullOrEmpty)
                {
                    output.Literal("name"u8, "response"u8);
                }
                else
                {
                    output.Text("name"u8, format.Name);
                }

                output.TextIfPresent("description"u8, format.Description);
                output.Raw("schema"u8, format.Schema);
                output.Bool("strict"u8, format.Strict ?? false);
            }
            else
            {
                output.Literal("type"u8, "json_object"u8);
            }

            output.EndObject();
        }

        output.TextIfPresent("verbosity"u8, request.Verbosity);
        output.EndObject();
    }

    private static void NoteLosses(ChatRequest request, ref Losses losses)
    {
        Note(request.TopK is not null, LossField.TopK, ref losses);
        Note(request.Stop.Count > 0, LossField.StopSequences, ref losses);
        Note(!request.Seed.IsAbsent, LossField.Seed, ref losses);
        Note(!request.FrequencyPenalty.IsAbsent, LossField.FrequencyPenalty, ref losses);
        Note(!request.PresencePenalty.IsAbsent, LossField.PresencePenalty, ref losses);
        Note(request.CandidateCount > 1, LossField.CandidateCount, ref losses);
        Note(request.CacheAuto != CacheMark.None, LossField.CacheControl, ref losses);
        Note(request.MaxTokens < MinOutputTokens, LossField.MaxTokens, ref losses);
    }

    private static void Note(bool lost, LossField field, ref Losses losses)
    {
        if (lost)
        {
            losses.Add(field);
        }
    }
}
