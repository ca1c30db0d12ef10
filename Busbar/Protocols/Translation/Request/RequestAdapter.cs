using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request.Schemas;
using Busbar.Protocols.Translation.Request.Tools;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Everything that must happen to a request between the reader of one protocol and the writer of another, in order.</summary>
internal static class RequestAdapter
{
    /// <summary>
    /// Fits <paramref name="request"/> to <paramref name="target"/>. Null on success; otherwise what to tell the client. What is dropped or
    /// degraded is noted in <see cref="TranslationContext.Losses"/>.
    /// </summary>
    public static GatewayError? Prepare(ChatRequest request, Protocol ingress, Protocol egress, EgressTarget target, TranslationContext context)
    {
        if (request.VendorState is { } state)
        {
            return state is "item_reference" or "previous_response_id"
                ? new(
                    ErrorKind.InvalidRequest,
                    $"What '{state}' refers to is not kept for this model. Send the earlier items themselves in 'input': clients do so with " +
                        "'store: false'.",
                    Param: state == "item_reference" ? "input" : state)
                : new(ErrorKind.InvalidRequest, $"The parameter '{state}' is not supported with this model.", Param: state);
        }

        SpeakerRule.Apply(request, ref context.Losses);
        GatewayError? refusal = LoadedTools.Apply(request, ref context.Losses) ?? SummaryRule.Apply(request, context);
        if (refusal is not null)
        {
            return refusal;
        }

        context.NeedsReasoning = !request.WantsSummary && request.WantsReasoningItems
            && (request.Reasoning.IsOn || request.Reasoning.Display == true);
        context.Thinking = ReasoningRule.View(request, context.Ingress, egress.Id);
        CapLimit(request, target, ref context.Losses);
        bool isLimitOurs = BackfillLimit(request, egress, target);
        ToolRule.Apply(request, egress.Id, target.Capabilities, context);
        if (StructuredOutputRule.Apply(request, egress.Id, target.Capabilities, context) is { } refused)
        {
            return refused;
        }

        StrictSchemaRule.Apply(request, egress.Id, context);
        SignatureRule.Apply(request, context);
        BlockRule.Apply(request, egress, target.Capabilities, ref context.Losses);
        ToolNames.Apply(request, egress.Id, context);
        LoadedTools.Say(request);
        CallIdRule.Apply(request, egress.Id, target.Capabilities, context);
        TurnNormaliser.Apply(request, egress.Id, target.Capabilities, ref context.Losses);
        ReasoningRule.Apply(request, egress.Id, target, isLimitOurs, context);
        ToolRule.FitChoice(request, egress.Id, target.Capabilities, ref context.Losses);
        SamplingRule.Apply(request, egress, target, ref context.Losses);
        CacheRule.Apply(request, egress.Id, target.Capabilities, ref context.Losses);
        FieldRule.Apply(request, ProtocolTable.Get(context.Ingress), egress.Id, target, ref context.Losses);
        if (egress.Reasoning is { WantsCallSignatures: true, CallSigner: { } signer } && target.Capabilities.ThoughtSignatures)
        {
            SignatureRule.FillMissingToolSignatures(request, signer);
        }

        return null;
    }

    private static bool BackfillLimit(ChatRequest request, Protocol egress, EgressTarget target)
    {
        if (!egress.Output.IsRequired || request.MaxTokens is not null)
        {
            return false;
        }

        request.MaxTokens = target.DefaultMaxTokens;
        return true;
    }

    // Clients ask for what their own model can write; others refuse a limit above their own.
    private static void CapLimit(ChatRequest request, EgressTarget target, ref Losses losses)
    {
        if (request.MaxTokens > target.MaxOutputTokens)
        {
            request.MaxTokens = target.MaxOutputTokens;
            losses.Add(LossField.MaxTokens);
        }
    }
}
