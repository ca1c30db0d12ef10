using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Request;

/// <summary>Sampling controls: what the protocol has, what the model accepts, and within which range. Values in range keep their spelling.</summary>
internal static class SamplingRule
{
    /// <summary>Drops and clamps. Runs after the reasoning rule: thinking excludes sampling at Claude.</summary>
    public static void Apply(ChatRequest request, Protocol egress, EgressTarget target, ref Losses losses)
    {
        FitCandidates(request, egress.Sampling, ref losses);
        DropUnknown(request, egress.Sampling, ref losses);
        DropRefused(request, egress, target, ref losses);
        Clamp(request, egress.Sampling, ref losses);
        FitStop(request, egress.Sampling, ref losses);
    }

    // Streams are one answer.
    private static void FitCandidates(ChatRequest request, SamplingForm form, ref Losses losses)
    {
        bool canShow = !request.Stream && form.MaxCandidates > 1 && ProtocolTable.Get(request.Source).Sampling.MaxCandidates > 1;
        long? most = request.CandidateCount is > 1 && canShow ? form.MaxCandidates : null;
        if (request.CandidateCount > (most ?? 1))
        {
            losses.Add(LossField.CandidateCount);
        }

        request.CandidateCount = most is { } limit && request.CandidateCount is { } asked ? Math.Min(asked, limit) : null;
    }

    private static void DropUnknown(ChatRequest request, SamplingForm form, ref Losses losses)
    {
        if (!form.HasPenalties)
        {
            Drop(ref request.FrequencyPenalty, LossField.FrequencyPenalty, ref losses);
            Drop(ref request.PresencePenalty, LossField.PresencePenalty, ref losses);
            Drop(ref request.Seed, LossField.Seed, ref losses);
        }

        if (form.MaxTopK == 0 && request.TopK is not null)
        {
            request.TopK = null;
            losses.Add(LossField.TopK);
        }

        if (form.MaxLogprobs == 0)
        {
            DropLogprobs(request, ref losses);
        }
    }

    private static void DropRefused(ChatRequest request, Protocol egress, EgressTarget target, ref Losses losses)
    {
        Capabilities capabilities = target.Capabilities;
        bool isFree = capabilities.SamplingWithoutReasoning && request.Reasoning.Effort == ReasoningEffort.None;
        bool thinks = egress.Sampling.ExcludesThinking && request.Reasoning.Mode is ReasoningMode.Budget or ReasoningMode.Adaptive;
        bool refusesAll = (!capabilities.Sampling && !isFree)
            || thinks
            || (egress.Sampling.GoneSince is { } since && string.CompareOrdinal(target.AnthropicVersion, since) >= 0);
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

    private static void Clamp(ChatRequest request, SamplingForm form, ref Losses losses)
    {
        Clamp(request, ref request.Temperature, 0, form.MaxTemperature, LossField.Temperature, ref losses);
        DropImpossibleTopP(request, ref losses);
        Clamp(request, ref request.TopP, form.MinTopP, form.MaxTopP, LossField.TopP, ref losses);
        Clamp(request, ref request.FrequencyPenalty, form.MinPenalty, form.MaxPenalty, LossField.FrequencyPenalty, ref losses);
        Clamp(request, ref request.PresencePenalty, form.MinPenalty, form.MaxPenalty, LossField.PresencePenalty, ref losses);
        if (request.TopK > form.MaxTopK)
        {
            request.TopK = form.MaxTopK;
            losses.Add(LossField.TopK);
        }

        if (!form.HasNegativeSeeds && !request.Seed.IsAbsent && request.Seed.Span[0] == (byte)'-')
        {
            Drop(ref request.Seed, LossField.Seed, ref losses);
        }

        if (request.TopLogprobs > form.MaxLogprobs)
        {
            request.TopLogprobs = form.MaxLogprobs;
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

    private static void FitStop(ChatRequest request, SamplingForm form, ref Losses losses)
    {
        if (!form.HasBlankStops && request.Stop.RemoveAll(BlankText.Is) > 0)
        {
            losses.Add(LossField.StopSequences);
        }

        if (request.Stop.Count > form.MaxStops)
        {
            request.Stop.RemoveRange(form.MaxStops, request.Stop.Count - form.MaxStops);
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
