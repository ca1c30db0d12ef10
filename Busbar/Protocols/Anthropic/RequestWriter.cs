using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Anthropic.Content;
using Busbar.Protocols.Anthropic.Platforms;
using Busbar.Protocols.Anthropic.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>
/// Writes a <c>POST /v1/messages</c> body. A request that came in this protocol is written back with everything it said; one built from
/// another protocol has been fitted to the target by the adapter, which also notes the fields that have no counterpart here.
/// </summary>
internal static class RequestWriter
{
    /// <summary>Writes the body in <paramref name="envelope"/>.</summary>
    public static void Write(ChatRequest request, EgressTarget target, Envelope envelope, JsonWriter output, ref Losses losses)
    {
        bool replay = request.Source == ProtocolId.Anthropic;
        Reasoning reasoning = replay ? request.Reasoning : ReasoningFields.Fit(request.Reasoning, request.MaxTokens, ref losses);
        bool thinking = !replay && reasoning.Mode is (ReasoningMode.Budget or ReasoningMode.Adaptive or ReasoningMode.BetweenTools);

        output.StartObject();
        if (envelope.NamesModel)
        {
            output.Text("model"u8, target.WireModelText);
        }

        if (envelope.Version is { } version)
        {
            output.String("anthropic_version"u8, version);
        }

        if (request.MaxTokens is long maxTokens)
        {
            output.Number("max_tokens"u8, maxTokens);
        }

        if (envelope.HasStream)
        {
            output.Bool("stream"u8, request.Stream);
        }

        if (request.System.Count > 0)
        {
            BlockWriter.WriteAll("system"u8, request.System, media: replay, output, ref losses);
        }

        WriteMessages(request, replay, output, ref losses);
        WriteTools(request, replay, thinking, output, ref losses);
        WriteSampling(request, thinking, output, ref losses);
        if (request.Stop.Count > 0)
        {
            output.StartArray("stop_sequences"u8);
            foreach (JsonText stop in request.Stop)
            {
                output.Text(stop);
            }

            output.EndArray();
        }

        if (!IsReplayed(request, "thinking"u8))
        {
            ReasoningFields.WriteThinking(reasoning, output);
        }

        WriteOutputConfig(request, reasoning.Effort, output, ref losses);
        WriteRest(request, output, ref losses);
        request.Extra.Write(output);
        output.EndObject();
    }

    private static void WriteMessages(ChatRequest request, bool replay, JsonWriter output, ref Losses losses)
    {
        output.StartArray("messages"u8);
        foreach (Message message in request.Messages)
        {
            bool media = replay || message.Role != Role.Assistant;
            if (!HasContent(message, media, ref losses))
            {
                losses.Add(LossField.EmptyTurn);
                continue;
            }

            output.StartObject();
            output.Literal("role"u8, message.Role switch
            {
                Role.Assistant => "assistant"u8,
                Role.System => "system"u8,
                _ => "user"u8,
            });

            // An empty text block is refused; an empty string is not, as the last assistant turn.
            if (message.Blocks is [{ Kind: BlockKind.Text, Text.IsNullOrEmpty: true } only] && !BlockWriter.IsReplayed(only))
            {
                output.Literal("content"u8, default);
            }
            else
            {
                BlockWriter.WriteAll("content"u8, message.Blocks, media, output, ref losses);
            }

            if (replay)
            {
                message.Extra?.Write(output);
            }

            output.EndObject();
        }

        output.EndArray();
    }

    // A turn that was read empty is the provider's to judge; one whose every block was dropped is left out.
    private static bool HasContent(Message message, bool media, ref Losses losses)
    {
        foreach (Block block in message.Blocks)
        {
            if (BlockWriter.CanWrite(block, media, ref losses))
            {
                return true;
            }
        }

        return message.Blocks.Count == 0;
    }

    private static void WriteTools(ChatRequest request, bool replay, bool thinking, JsonWriter output, ref Losses losses)
    {
        if (request.Tools.Count > 0)
        {
            output.StartArray("tools"u8);
            foreach (Tool tool in request.Tools)
            {
                if (ToolFields.IsOffered(tool, request.ToolChoice))
                {
                    ToolFields.Write(tool, output, ref losses);
                }
            }

            output.EndArray();
        }

        if ((request.Tools.Count > 0 || replay) && !IsReplayed(request, "tool_choice"u8))
        {
            ToolFields.WriteChoice(request.ToolChoice, request.ParallelToolCalls, thinking, output, ref losses);
        }
    }

    // Thinking allows no sampling but the default temperature.
    private static void WriteSampling(ChatRequest request, bool thinking, JsonWriter output, ref Losses losses)
    {
        if (!thinking || IsOne(request.Temperature))
        {
            output.RawIfPresent("temperature"u8, request.Temperature);
        }
        else if (!request.Temperature.IsAbsent)
        {
            losses.Add(LossField.Temperature);
        }

        if (!thinking)
        {
            output.RawIfPresent("top_p"u8, request.TopP);
            if (request.TopK is long topK)
            {
                output.Number("top_k"u8, topK);
            }

            return;
        }

        if (!request.TopP.IsAbsent)
        {
            losses.Add(LossField.TopP);
        }

        if (request.TopK is not null)
        {
            losses.Add(LossField.TopK);
        }
    }

    private static bool IsOne(JsonSlice number) =>
        System.Buffers.Text.Utf8Parser.TryParse(number.Span, out double value, out _) && value == 1;

    private static void WriteOutputConfig(ChatRequest request, ReasoningEffort effort, JsonWriter output, ref Losses losses)
    {
        if (IsReplayed(request, "output_config"u8))
        {
            return;
        }

        ReadOnlySpan<byte> word = ReasoningFields.EffortWord(effort);
        ResponseFormat format = request.ResponseFormat;
        bool hasFormat = format.Json && !format.Schema.IsNull && !IsReplayed(request, "output_format"u8);
        if (!word.IsEmpty || hasFormat)
        {
            output.StartObject("output_config"u8);
            if (!word.IsEmpty)
            {
                output.Literal("effort"u8, word);
            }

            if (hasFormat)
            {
                output.StartObject("format"u8);
                output.Literal("type"u8, "json_schema"u8);
                output.Raw("schema"u8, format.Schema);
                output.EndObject();
            }

            output.EndObject();
        }

        if (format.Json && format.Schema.IsNull)
        {
            losses.Add(LossField.ResponseFormat);
        }

        if (!format.Name.IsAbsent || !format.Description.IsAbsent)
        {
            losses.Add(LossField.ResponseFormatName);
        }
    }

    private static void WriteRest(ChatRequest request, JsonWriter output, ref Losses losses)
    {
        if (!IsReplayed(request, "cache_control"u8))
        {
            CacheControl.Write(request.CacheAuto, output);
        }

        if (!request.User.IsAbsent && !IsReplayed(request, "metadata"u8))
        {
            output.StartObject("metadata"u8);
            output.Text("user_id"u8, request.User);
            output.EndObject();
        }

        JsonText tier = request.ServiceTier;
        if (tier.Is("fast"u8))
        {
            if (!IsReplayed(request, "speed"u8))
            {
                output.Literal("speed"u8, "fast"u8);
            }
        }
        else if (tier.Is("auto"u8) || tier.Is("standard_only"u8))
        {
            output.Text("service_tier"u8, tier);
        }
        else if (tier.Is("default"u8))
        {
            output.Literal("service_tier"u8, "standard_only"u8);
        }
        else if (!tier.IsNullOrEmpty)
        {
            losses.Add(LossField.ServiceTier);
        }
    }

    private static bool IsReplayed(ChatRequest request, ReadOnlySpan<byte> name) => !request.Extra.Find(name).IsMissing;
}
