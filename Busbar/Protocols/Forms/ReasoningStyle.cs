namespace Busbar.Protocols.Forms;

/// <summary>How a request says how hard to think.</summary>
internal enum ReasoningStyle : byte
{
    /// <summary>By a word.</summary>
    Words,

    /// <summary>By a budget within the output limit, by a word beside thinking that adapts, or both ways of turning it off (Claude).</summary>
    Thinking,

    /// <summary>By a budget or by a level, as the model has it (Gemini).</summary>
    Levels,

    /// <summary>By a budget alone.</summary>
    Budget,
}
