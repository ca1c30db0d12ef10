using Busbar.Ir;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Protocols.OpenAI;

/// <summary>What Chat Completions have and lack beside other protocols.</summary>
internal static class Forms
{
    /// <summary>On the way through. Cursor sends bodies of Responses here.</summary>
    public static readonly TrafficForm Traffic = new() { OtherBodies = ProtocolId.Responses, HidesUsage = true, TakesIdempotencyKeys = true };

    /// <summary>Limits of output.</summary>
    public static readonly OutputForm Output = new()
    {
        Limit = "max_tokens"u8.ToArray(),
        OtherLimit = "max_completion_tokens"u8.ToArray(),
        Counts = ["n"u8.ToArray(), "bestof"u8.ToArray()],
        BudgetIsBeside = true,
    };

    /// <summary>Where answers have their text.</summary>
    public static readonly TextMembers Text = new(["content", "reasoning_content", "arguments"]);

    /// <summary>Tools and calls.</summary>
    public static readonly ToolsForm Tools = new() { IdPrefix = "call_"u8.ToArray(), MaxId = 40, HasFreeText = true };

    /// <summary>Blocks and turns.</summary>
    public static readonly BlockForm Blocks = new() { HasRefusals = true, HasTextDocuments = false, HasCitations = false };

    /// <summary>Thinking. Signatures of calls are those of Gemini behind OpenAI's protocol.</summary>
    public static readonly ReasoningForm Reasoning = new()
    {
        HasMaxEffort = false,
        MayExcludeTools = true,
        ShowsUnasked = true,
        CallSigner = ProtocolId.Gemini,
        SignsCallStarts = true,
        Family = ModelFamily.OpenAI,
    };

    /// <summary>Other fields.</summary>
    public static readonly FieldForm Fields = new()
    {
        HasVerbosity = true,
        HasCacheKey = true,
        MaxUser = 64,
        UsualTier = TierWords.Default,
        Tiers = "auto flex priority fast scale",
        HasStrictMode = true,
        Cache = CacheForm.Parts,
    };

    /// <summary>What is in front of a request.</summary>
    public static readonly TokenPreamble Preamble = new(75, 500, 0, 120);
}
