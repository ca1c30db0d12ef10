using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Busbar.Ir;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Sampling controls: what the dialect has, what the model accepts, and within which range. Values in range keep their spelling.</summary>
internal static class SamplingRule
{
    /// <summary>The first <c>anthropic-version</c> that refuses sampling controls for every model.</summary>
    private const string WithoutSampling = "2026-10-21";

    /// <summary>Drops and clamps. Runs after the reasoning rule: thinking excludes sampling at Claude.</summary>
    public static void Apply(ChatRequest request, ProtocolId egress, EgressTarget target, ref Losses losses)
    {
        FitCandidates(request, egress, ref losses);
        DropUnknown(request, egress, ref losses);
        DropRefused(request, egress, target, ref losses);
        Clamp(request, egress, ref losses);
        FitStop(request, egress, ref losses);
    }

    // The two whose answers hold several, and only whole ones: streams are one answer.
    private static void FitCandidates(ChatRequest request, ProtocolId egress, ref Losses losses)
    {
        bool canShow = !request.Stream && egress is ProtocolId.OpenAI or ProtocolId.Gemini && request.Source is ProtocolId.OpenAI or ProtocolId.Gemini;
        long? most = request.CandidateCount is not > 1 || !canShow ? null : egress == ProtocolId.Gemini ? 8 : ChatResponse.MaxCandidates;
        if (request.CandidateCount > (most ?? 1))
        {
            losses.Add(LossField.CandidateCount);
        }

        request.CandidateCount = most is { } limit && request.CandidateCount is { } asked ? Math.Min(asked, limit) : null;
    }

    private static void DropUnknown(ChatRequest request, ProtocolId egress, ref Losses losses)
    {
        bool hasPenalties = egress is ProtocolId.OpenAI or ProtocolId.Gemini or ProtocolId.Cohere;
        if (!hasPenalties)
        {
            Drop(ref request.FrequencyPenalty, LossField.FrequencyPenalty, ref losses);
            Drop(ref request.PresencePenalty, LossField.PresencePenalty, ref losses);
            Drop(ref request.Seed, LossField.Seed, ref losses);
        }

        if (egress is ProtocolId.OpenAI or ProtocolId.Responses && request.TopK is not null)
        {
            request.TopK = null;
            losses.Add(LossField.TopK);
        }

        if (egress is ProtocolId.Anthropic or ProtocolId.Bedrock or ProtocolId.Cohere)
        {
            DropLogprobs(request, ref losses);
        }
    }

    private static void DropRefused(ChatRequest request, ProtocolId egress, EgressTarget target, ref Losses losses)
    {
        Capabilities capabilities = target.Capabilities;
        bool isFree = capabilities.SamplingWithoutReasoning && request.Reasoning.Effort == ReasoningEffort.None;
        bool thinks = egress is ProtocolId.Anthropic or ProtocolId.Bedrock
            && request.Reasoning.Mode is ReasoningMode.Budget or ReasoningMode.Adaptive;
        bool refusesAll = (!capabilities.Sampling && !isFree)
            || thinks
            || (egress == ProtocolId.Anthropic && string.CompareOrdinal(target.AnthropicVersion, WithoutSampling) >= 0);
        if (refusesAll)
        {
            Drop(ref request.Temperature, LossField.Temperature, ref losses);
            Drop(ref request.TopP, LossField.TopP, ref losses);
            if (request.TopK is not null)
            {
                request.TopK = null;
                losses.Add(LossField.TopK);
            }
        }
        else if (!capabilities.TemperatureWithTopP && !request.Temperature.IsAbsent)
        {
            Drop(ref request.TopP, LossField.TopP, ref losses);
        }

        if (!capabilities.Penalties)
        {
            Drop(ref request.FrequencyPenalty, LossField.FrequencyPenalty, ref losses);
            Drop(ref request.PresencePenalty, LossField.PresencePenalty, ref losses);
            if (!isFree)
            {
                DropLogprobs(request, ref losses);
            }

            if (request.Stop.Count > 0)
            {
                request.Stop.Clear();
                losses.Add(LossField.StopSequences);
            }
        }
    }

    private static void Clamp(ChatRequest request, ProtocolId egress, ref Losses losses)
    {
        double warmest = egress switch
        {
            ProtocolId.Anthropic or ProtocolId.Bedrock or ProtocolId.Cohere => 1,
            _ => 2,
        };
        Clamp(request, ref request.Temperature, 0, warmest, LossField.Temperature, ref losses);
        DropImpossibleTopP(request, ref losses);
        bool isCohere = egress == ProtocolId.Cohere;
        Clamp(request, ref request.FrequencyPenalty, isCohere ? 0 : -2, isCohere ? 1 : 2, LossField.FrequencyPenalty, ref losses);
        Clamp(request, ref request.PresencePenalty, isCohere ? 0 : -2, isCohere ? 1 : 2, LossField.PresencePenalty, ref losses);
        if (isCohere)
        {
            Clamp(request, ref request.TopP, 0.01, 0.99, LossField.TopP, ref losses);
            if (request.TopK > 500)
            {
                request.TopK = 500;
                losses.Add(LossField.TopK);
            }

            if (!request.Seed.IsAbsent && request.Seed.Span[0] == (byte)'-')
            {
                Drop(ref request.Seed, LossField.Seed, ref losses);
            }
        }

        if (egress == ProtocolId.Gemini && request.TopLogprobs > 5)
        {
            request.TopLogprobs = 5;
            losses.Add(LossField.Logprobs);
        }
    }

    // Some hosts read a negative share as "not said"; the nearest legal value would mean the opposite.
    private static void DropImpossibleTopP(ChatRequest request, ref Losses losses)
    {
        if (Utf8Parser.TryParse(request.TopP.Span, out double share, out _) && share is < 0 or > 1)
        {
            Drop(ref request.TopP, LossField.TopP, ref losses);
        }
    }

    private static void FitStop(ChatRequest request, ProtocolId egress, ref Losses losses)
    {
        if (egress is ProtocolId.Anthropic or ProtocolId.Bedrock && request.Stop.RemoveAll(BlankText.Is) > 0)
        {
            losses.Add(LossField.StopSequences);
        }

        int most = egress switch
        {
            ProtocolId.OpenAI => 4,
            ProtocolId.Gemini or ProtocolId.Cohere => 5,
            ProtocolId.Responses => 0,
            _ => int.MaxValue,
        };
        if (request.Stop.Count > most)
        {
            request.Stop.RemoveRange(most, request.Stop.Count - most);
            losses.Add(LossField.StopSequences);
        }
    }

    private static void DropLogprobs(ChatRequest request, ref Losses losses)
    {
        if (request.Logprobs == true || request.TopLogprobs is not null)
        {
            losses.Add(LossField.Logprobs);
        }

        request.Logprobs = null;
        request.TopLogprobs = null;
    }

    private static void Drop(ref JsonSlice value, LossField field, ref Losses losses)
    {
        if (!value.IsAbsent)
        {
            value = default;
            losses.Add(field);
        }
    }

    private static void Clamp(ChatRequest request, ref JsonSlice value, double least, double most, LossField field, ref Losses losses)
    {
        if (value.IsAbsent || !Utf8Parser.TryParse(value.Span, out double number, out _) || (number >= least && number <= most))
        {
            return;
        }

        string nearest = Math.Clamp(number, least, most).ToString("0.0#", CultureInfo.InvariantCulture);
        value = new(request.Arena.Store(Encoding.ASCII.GetBytes(nearest)));
        losses.Add(field);
    }
}
