using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Protocols.Bedrock;

/// <summary>What Converse has and lacks beside other protocols.</summary>
internal static class Forms
{
    /// <summary>On the way through.</summary>
    public static readonly TrafficForm Traffic = new() { HasSignatures = true, BetaHolder = "additionalModelRequestFields" };

    /// <summary>Limits of output.</summary>
    public static readonly OutputForm Output = new() { Limit = "maxTokens"u8.ToArray(), IsNested = true };

    /// <summary>Where answers have their text.</summary>
    public static readonly TextMembers Text = new(["text", "input"]);

    /// <summary>Tools and calls.</summary>
    public static readonly ToolsForm Tools = new()
    {
        IdPrefix = "tooluse_"u8.ToArray(),
        MaxId = 64,
        ReservedIds = Anthropic.Forms.ServerIds,
        HasAllowedList = false,
        ForcingExcludesThinking = true,
        HasChanges = true,
    };

    /// <summary>Blocks and turns.</summary>
    public static readonly BlockForm Blocks = new()
    {
        HasImageDetail = false, HasSearchResults = true, HasMediaBesideResults = true, Alternates = true, RefusesBlanks = true,
    };

    /// <summary>Thinking.</summary>
    public static readonly ReasoningForm Reasoning = new()
    {
        Style = ReasoningStyle.Thinking, TiesDisplay = true, HasSignatures = true, CarriesOthers = true, Family = ModelFamily.Claude,
    };

    /// <summary>Other fields.</summary>
    public static readonly FieldForm Fields = new()
    {
        MaxMetadataName = 256,
        MaxMetadataValue = 256,
        MetadataSigns = "_@$#=/+,-.:",
        UsualTier = TierWords.Default,
        Tiers = "flex priority reserved",
        HasPlainJson = false,
        Cache = CacheForm.Blocks,
        LosesAutoCache = true,
        HasStreamedLogprobs = false,
    };

    /// <summary>What is in front of a request.</summary>
    public static readonly TokenPreamble Preamble = new(65, 850, 50, 125);
}
