using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Request fields beside the conversation: kept where the target has the same field, noted as lost elsewhere.</summary>
internal static class FieldRule
{
    /// <summary>Clears what has no counterpart, all unmodelled fields included.</summary>
    public static void Apply(ChatRequest request, Protocol ingress, ProtocolId egress, EgressTarget target, ref Losses losses)
    {
        foreach (JsonMember member in request.Extra)
        {
            bool saysNothing = member.Value is { IsNull: true, IsMissing: false };
            if (!saysNothing && !ingress.IsRead(member))
            {
                losses.Add(Field(member.Name));
            }
        }

        request.Extra.Clear();
        FieldForm form = ProtocolTable.Get(egress).Fields;
        if (!form.HasVerbosity)
        {
            Drop(ref request.Verbosity, LossField.Verbosity, ref losses);
        }

        if (!form.HasCacheKey)
        {
            Drop(ref request.PromptCacheKey, LossField.PromptCacheKey, ref losses);
        }

        if (form.MaxUser == 0 || !target.Capabilities.UserIds)
        {
            Drop(ref request.User, LossField.User, ref losses);
        }
        else
        {
            UserIds.Fit(request, egress, target, ref losses);
        }

        UserIds.FitCacheKey(request, target, ref losses);

        MetadataRule.Apply(request, form, ref losses);

        if (!form.HasFormatNames && !(request.ResponseFormat.Name.IsNullOrEmpty && request.ResponseFormat.Description.IsNullOrEmpty))
        {
            losses.Add(LossField.ResponseFormatName);
        }

        FitTier(request, form, ref losses);
    }

    private static void FitTier(ChatRequest request, FieldForm form, ref Losses losses)
    {
        JsonText tier = request.ServiceTier;
        if (tier.IsNullOrEmpty)
        {
            return;
        }

        bool isStandard = tier.Is("standard_only"u8) || tier.Is("default"u8) || tier.Is("standard"u8);
        JsonText taken = isStandard ? form.UsualTier : IsOneOf(tier, form.Tiers) ? tier : default;
        request.ServiceTier = taken;
        if (taken.IsAbsent)
        {
            losses.Add(LossField.ServiceTier);
        }
    }

    private static bool IsOneOf(JsonText word, string words)
    {
        string plain = word.ToString();
        foreach (Range range in words.AsSpan().Split(' '))
        {
            if (words.AsSpan(range).SequenceEqual(plain))
            {
                return true;
            }
        }

        return false;
    }

    private static void Drop(ref JsonText value, LossField field, ref Losses losses)
    {
        if (!value.IsAbsent)
        {
            value = default;
            losses.Add(field);
        }
    }

    private static LossField Field(JsonText name) => name.ToString() switch
    {
        "logit_bias" => LossField.LogitBias,
        "safetySettings" or "safety_settings" or "safety_mode" => LossField.SafetySettings,
        "guardrailConfig" => LossField.Guardrails,
        "prediction" => LossField.Prediction,
        "modalities" or "audio" => LossField.Modalities,
        "truncation" => LossField.Truncation,
        "store" => LossField.Store,
        "context_management" => LossField.ContextManagement,
        "container" => LossField.Container,
        "stream_options" => LossField.StreamOptions,
        "thinking" => LossField.ReasoningDisplay,
        _ => LossField.ExtraField,
    };
}
