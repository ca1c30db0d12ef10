using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Bedrock.Content;
using Busbar.Protocols.Bedrock.Tools;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock;

/// <summary>
/// Writes the body of a Converse or ConverseStream call; model and streaming stand in the path. A request that came in this protocol is written back
/// with everything it said.
/// </summary>
internal static class RequestWriter
{
    /// <summary>Writes the body.</summary>
    public static void Write(ChatRequest request, EgressTarget target, JsonWriter output, ref Losses losses)
    {
        bool replay = request.Source == ProtocolId.Bedrock;
        FieldFamily family = replay ? FieldFamily.Claude : FieldFamilies.Of(target.WireModel);
        var content = new ContentWriter(replay, family == FieldFamily.Claude);
        output.StartObject();
        WriteMessages(request, content, replay, output, ref losses);
        content.WriteSystem(request.System, output, ref losses);
        WriteInference(request, output);
        ToolConfig.Write(request, target, AdditionalFields.HoldsToolChoice(request, family), request.Extra.Find("toolConfig"u8), output, ref losses);
        if (request.Extra.Find("additionalModelRequestFields"u8).IsMissing)
        {
            AdditionalFields.Write(request, family, output, ref losses);
            if (request.Extra.Find("outputConfig"u8).IsMissing)
            {
                OutputConfig.Write(request, family, output, ref losses);
            }
        }

        output.RawIfPresent("requestMetadata"u8, request.Metadata);
        WriteTier(request, output, ref losses);
        foreach (JsonMember member in request.Extra)
        {
            if (!member.Name.Is("inferenceConfig"u8) && !member.Name.Is("toolConfig"u8))
            {
                output.Raw(member.Name.Span, member.Value.Raw);
            }
        }

        output.EndObject();
    }

    private static void WriteMessages(ChatRequest request, ContentWriter content, bool replay, JsonWriter output, ref Losses losses)
    {
        output.StartArray("messages"u8);
        for (int index = 0; index < request.Messages.Count; index++)
        {
            Message message = request.Messages[index];
            output.StartObject();
            output.Literal("role"u8, message.Role switch
            {
                Role.Assistant => "assistant"u8,
                Role.System => "system"u8,
                _ => "user"u8,
            });
            content.WriteTurn(message, index == request.Messages.Count - 1 ? request.CacheAuto : CacheMark.None, output, ref losses);
            if (replay)
            {
                message.Extra?.Write(output);
            }

            output.EndObject();
        }

        output.EndArray();
    }

    // Typed values win over the object as it came, whose other members go along.
    private static void WriteInference(ChatRequest request, JsonWriter output)
    {
        JsonNode kept = request.Extra.Find("inferenceConfig"u8);
        bool hasStop = request.Stop.Count > 0;
        if (request.MaxTokens is null && request.Temperature.IsAbsent && request.TopP.IsAbsent && !hasStop && kept.IsMissing)
        {
            return;
        }

        output.StartObject("inferenceConfig"u8);
        if (request.MaxTokens is long maxTokens)
        {
            output.Number("maxTokens"u8, maxTokens);
        }

        output.RawIfPresent("temperature"u8, request.Temperature);
        output.RawIfPresent("topP"u8, request.TopP);
        if (hasStop)
        {
            output.StartArray("stopSequences"u8);
            foreach (JsonText stop in request.Stop)
            {
                output.Text(stop);
            }

            output.EndArray();
        }

        foreach (JsonMember member in kept.Members)
        {
            JsonText name = member.Name;
            bool isWritten = (name.Is("maxTokens"u8) && request.MaxTokens is not null)
                || (name.Is("temperature"u8) && !request.Temperature.IsAbsent)
                || (name.Is("topP"u8) && !request.TopP.IsAbsent)
                || (name.Is("stopSequences"u8) && hasStop);
            if (!isWritten)
            {
                output.Raw(name.Span, member.Value.Raw);
            }
        }

        output.EndObject();
    }

    private static void WriteTier(ChatRequest request, JsonWriter output, ref Losses losses)
    {
        JsonText tier = request.ServiceTier;
        if (tier.IsNullOrEmpty || !request.Extra.Find("serviceTier"u8).IsMissing)
        {
            return;
        }

        if (tier.Is("fast"u8))
        {
            if (request.Extra.Find("performanceConfig"u8).IsMissing)
            {
                output.Raw("performanceConfig"u8, """{"latency":"optimized"}"""u8);
            }
        }
        else if (tier.Is("default"u8) || tier.Is("flex"u8) || tier.Is("priority"u8) || tier.Is("reserved"u8) || request.Source == ProtocolId.Bedrock)
        {
            output.StartObject("serviceTier"u8);
            output.Text("type"u8, tier);
            output.EndObject();
        }
        else
        {
            losses.Add(LossField.ServiceTier);
        }
    }
}
