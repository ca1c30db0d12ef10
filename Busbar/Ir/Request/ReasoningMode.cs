namespace Busbar.Ir.Request;

/// <summary>Forms in which protocols ask for thinking.</summary>
internal enum ReasoningMode : byte
{
    /// <summary>The caller did not say.</summary>
    Unspecified,

    /// <summary>No thinking.</summary>
    Off,

    /// <summary>Up to a number of tokens.</summary>
    Budget,

    /// <summary>The model decides (Anthropic adaptive, Gemini budget -1).</summary>
    Adaptive,

    /// <summary>Only between tool calls (Anthropic).</summary>
    BetweenTools,
}
