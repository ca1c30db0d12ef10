namespace Busbar.Ir;

/// <summary>A prompt-cache breakpoint after a block, and how long the prefix is to be kept.</summary>
internal enum CacheMark : byte
{
    /// <summary>No breakpoint.</summary>
    None,

    /// <summary>A breakpoint with the vendor's default lifetime.</summary>
    Default,

    /// <summary>Five minutes (Anthropic, Bedrock); thirty minutes (OpenAI).</summary>
    Short,

    /// <summary>One hour (Anthropic, Bedrock); twelve hours (OpenAI).</summary>
    Long,
}
