namespace Busbar.Ir.Request;

/// <summary>How hard the model should think. <c>default</c> is "not said". Effort and mode are independent in newer APIs.</summary>
internal struct Reasoning
{
    /// <summary>Off, a token budget, or the model's own judgement.</summary>
    public ReasoningMode Mode;

    /// <summary>Tokens for <see cref="ReasoningMode.Budget"/>.</summary>
    public long Budget;

    /// <summary>Effort word.</summary>
    public ReasoningEffort Effort;

    /// <summary>Whether reasoning text is to be shown: null unsaid, true summarised, false omitted.</summary>
    public bool? Display;

    /// <summary>The caller said an effort that no vendor is known to have.</summary>
    public bool HasUnknownEffort;

    /// <summary>True when the caller asked for anything here.</summary>
    public readonly bool IsSpecified => Mode != ReasoningMode.Unspecified || Effort != ReasoningEffort.Unspecified;

    /// <summary>True when the caller asked for thinking (as opposed to nothing, or to none).</summary>
    public readonly bool IsOn => Mode is ReasoningMode.Budget or ReasoningMode.Adaptive or ReasoningMode.BetweenTools
        || (Mode == ReasoningMode.Unspecified && Effort is not (ReasoningEffort.Unspecified or ReasoningEffort.None));
}
