using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Request;

/// <summary>How hard to think, from the form the caller used into the form the target takes.</summary>
internal static class ReasoningRule
{
    private const long SmallestBudget = 1024;

    /// <summary>
    /// Fits the request's reasoning. <paramref name="isLimitOurs"/> says that the caller set no output limit, so that it may be raised to make room
    /// for thinking.
    /// </summary>
    public static void Apply(ChatRequest request, ProtocolId egress, EgressTarget target, bool isLimitOurs, TranslationContext context)
    {
        ref Losses losses = ref context.Losses;
        Capabilities capabilities = target.Capabilities;
        if (request.Reasoning.HasUnknownEffort)
        {
            losses.Add(LossField.Reasoning);
        }

        ReasoningForm form = ProtocolTable.Get(egress).Reasoning;
        if (form.MayExcludeTools && capabilities.ToolsNeedNoReasoning && request.Tools.Count > 0)
        {
            if (request.Reasoning.IsOn || request.Reasoning.Display == true)
            {
                losses.Add(LossField.Reasoning);
            }

            request.Reasoning = new() { Effort = ReasoningEffort.None };
            return;
        }

        if (!request.Reasoning.IsSpecified)
        {
            if (request.Reasoning.Display == true && form.TiesDisplay)
            {
                losses.Add(LossField.ReasoningDisplay);
            }

            return;
        }

        if (!capabilities.Reasoning)
        {
            if (request.Reasoning.IsOn)
            {
                losses.Add(LossField.Reasoning);
            }

            request.Reasoning = default;
            return;
        }

        bool? display = Display(request.Reasoning, form, capabilities, context.Thinking);
        switch (form.Style)
        {
            case ReasoningStyle.Thinking:
                FitClaude(request, target, isLimitOurs, ref losses);
                break;
            case ReasoningStyle.Levels:
                FitGemini(ref request.Reasoning, capabilities, ref losses);
                break;
            case ReasoningStyle.Budget:
                FitBudget(ref request.Reasoning);
                break;
            default:
                FitOpenAI(ref request.Reasoning, form, capabilities, ref losses);
                break;
        }

        request.Reasoning.Display = display;
    }

    /// <summary>
    /// What a client of <paramref name="ingress"/> that asks so sees: as at its own vendor, but that who chose a host of <paramref name="egress"/>
    /// which shows what it has expects that unless told otherwise.
    /// </summary>
    public static ThinkingView View(ChatRequest request, ProtocolId ingress, ProtocolId egress) =>
        ProtocolTable.Get(egress).Reasoning.ShowsUnasked && request.Reasoning.Display != false ? ThinkingView.Shown
            : ProtocolTable.Get(ingress).View(request);

    /// <summary>Tokens that an effort word stands for.</summary>
    public static long Budget(ReasoningEffort effort) => effort switch
    {
        ReasoningEffort.Minimal => 1024,
        ReasoningEffort.Low => 4096,
        ReasoningEffort.High or ReasoningEffort.XHigh or ReasoningEffort.Max => 16384,
        _ => 8192,
    };

    /// <summary>The word whose budget is the largest that <paramref name="budget"/> reaches.</summary>
    public static ReasoningEffort Effort(long budget) => budget switch
    {
        >= 16384 => ReasoningEffort.High,
        >= 8192 => ReasoningEffort.Medium,
        >= 4096 => ReasoningEffort.Low,
        _ => ReasoningEffort.Minimal,
    };

    /// <summary>
    /// The output limit for a model of Anthropic's that <paramref name="asked"/> is to be sent to, where the caller set none: the target's own, with
    /// thinking on top that would not fit into it.
    /// </summary>
    public static long LimitWithThinking(in Reasoning asked, EgressTarget target)
    {
        bool hasBudget = target.Capabilities is { Reasoning: true, ThinkingAdaptive: false } && asked.IsSpecified && asked.IsOn;
        return hasBudget && ClaudeBudget(asked) is var budget && budget >= target.DefaultMaxTokens
            ? Math.Min(Usage.Add(budget, target.DefaultMaxTokens), target.MaxOutputTokens ?? long.MaxValue)
            : target.DefaultMaxTokens;
    }

    // Whoever names an effort and nothing else wants the model to think, not to see it think.
    private static bool? Display(in Reasoning asked, ReasoningForm form, Capabilities capabilities, ThinkingView view)
    {
        bool canHide = form.Style == ReasoningStyle.Levels || (form.Style == ReasoningStyle.Thinking && capabilities.ThinkingAdaptive);
        bool isEffortAlone = asked is { Mode: ReasoningMode.Unspecified, Effort: not (ReasoningEffort.Unspecified or ReasoningEffort.None) };
        return asked.Display ?? (canHide && (isEffortAlone || view != ThinkingView.Shown) ? false : null);
    }

    private static long ClaudeBudget(in Reasoning asked) =>
        Math.Max(SmallestBudget, asked.Mode == ReasoningMode.Budget ? asked.Budget : Budget(Word(asked)));

    private static ReasoningEffort Word(in Reasoning reasoning) => reasoning switch
    {
        { Mode: ReasoningMode.Off } => ReasoningEffort.None,
        { Effort: not ReasoningEffort.Unspecified } => reasoning.Effort,
        { Mode: ReasoningMode.Budget } => Effort(reasoning.Budget),
        _ => ReasoningEffort.Medium,
    };

    private static void FitClaude(ChatRequest request, EgressTarget target, bool isLimitOurs, ref Losses losses)
    {
        Capabilities capabilities = target.Capabilities;
        Reasoning asked = request.Reasoning;
        if (!asked.IsOn)
        {
            request.Reasoning = Off(capabilities);
            if (request.Reasoning.Effort != ReasoningEffort.Unspecified)
            {
                losses.Add(LossField.Reasoning);
            }

            return;
        }

        if (capabilities.ThinkingAdaptive)
        {
            bool leftOpen = asked.Mode == ReasoningMode.Adaptive && asked.Effort == ReasoningEffort.Unspecified;
            request.Reasoning = new()
            {
                Mode = ReasoningMode.Adaptive,
                Effort = leftOpen ? ReasoningEffort.Unspecified : ClaudeWord(Word(asked), capabilities),
            };
            return;
        }

        long budget = ClaudeBudget(asked);
        if (request.MaxTokens is { } limit && budget >= limit)
        {
            if (isLimitOurs)
            {
                limit = LimitWithThinking(asked, target);
                request.MaxTokens = limit;
            }

            budget = Math.Min(budget, isLimitOurs ? limit - 1 : limit - SmallestBudget);
        }

        // Thinking that leaves no room for an answer is refused, and so is less than the smallest budget.
        if (budget < SmallestBudget || !capabilities.ThinkingBudget)
        {
            losses.Add(LossField.Reasoning);
            request.Reasoning = default;
            return;
        }

        request.Reasoning = new() { Mode = ReasoningMode.Budget, Budget = budget };
    }

    private static Reasoning Off(Capabilities capabilities) => capabilities switch
    {
        { ThinkingOff: true } => new() { Mode = ReasoningMode.Off },
        { ThinkingBetweenTools: true } => new() { Mode = ReasoningMode.BetweenTools },
        _ => new() { Effort = ReasoningEffort.Low },
    };

    private static ReasoningEffort ClaudeWord(ReasoningEffort word, Capabilities capabilities) => word switch
    {
        ReasoningEffort.Minimal => ReasoningEffort.Low,
        ReasoningEffort.XHigh when !capabilities.HighestEfforts => ReasoningEffort.High,
        ReasoningEffort.Max when !capabilities.MaxEffort => capabilities.HighestEfforts ? ReasoningEffort.XHigh : ReasoningEffort.High,
        _ => word,
    };

    private static void FitOpenAI(ref Reasoning reasoning, ReasoningForm form, Capabilities capabilities, ref Losses losses)
    {
        ReasoningEffort word = Word(reasoning);
        ReasoningEffort taken = word switch
        {
            ReasoningEffort.None when !capabilities.ThinkingOff => capabilities.MinimalEffort ? ReasoningEffort.Minimal : ReasoningEffort.Low,
            ReasoningEffort.Minimal when !capabilities.MinimalEffort || reasoning.Mode == ReasoningMode.Budget => ReasoningEffort.Low,
            ReasoningEffort.Max when !(capabilities.MaxEffort && form.HasMaxEffort) =>
                capabilities.HighestEfforts ? ReasoningEffort.XHigh : ReasoningEffort.High,
            ReasoningEffort.XHigh when !capabilities.HighestEfforts => ReasoningEffort.High,
            _ => word,
        };
        if (word == ReasoningEffort.None && taken != word)
        {
            losses.Add(LossField.Reasoning);
        }

        reasoning = new() { Effort = taken };
    }

    private static void FitGemini(ref Reasoning reasoning, Capabilities capabilities, ref Losses losses)
    {
        if (!reasoning.IsOn && !capabilities.ThinkingOff)
        {
            losses.Add(LossField.Reasoning);
        }

        if (capabilities.ThinkingBudget)
        {
            FitBudget(ref reasoning);
            if (reasoning.Mode == ReasoningMode.Off && !capabilities.ThinkingOff)
            {
                // The least that a model takes which cannot stop thinking (2.5 Pro).
                reasoning = new() { Mode = ReasoningMode.Budget, Budget = 128 };
            }

            return;
        }

        bool leftOpen = reasoning.Mode == ReasoningMode.Adaptive && reasoning.Effort == ReasoningEffort.Unspecified;
        reasoning = leftOpen
            ? new() { Mode = ReasoningMode.Adaptive }
            : new()
            {
                Effort = Word(reasoning) switch
                {
                    ReasoningEffort.None or ReasoningEffort.Minimal => capabilities.MinimalEffort ? ReasoningEffort.Minimal : ReasoningEffort.Low,
                    ReasoningEffort.XHigh or ReasoningEffort.Max => ReasoningEffort.High,
                    var word => word,
                },
            };
    }

    private static void FitBudget(ref Reasoning reasoning) => reasoning = reasoning switch
    {
        { IsOn: false } => new() { Mode = ReasoningMode.Off },
        { Mode: ReasoningMode.Budget } => new() { Mode = ReasoningMode.Budget, Budget = reasoning.Budget },
        { Effort: ReasoningEffort.Unspecified } => new() { Mode = ReasoningMode.Adaptive },
        _ => new() { Mode = ReasoningMode.Budget, Budget = Budget(reasoning.Effort) },
    };
}
