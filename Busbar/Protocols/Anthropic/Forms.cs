using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>What Messages have and lack beside other protocols.</summary>
internal static class Forms
{
    /// <summary>What ids of calls of Claude's own tools start with.</summary>
    public static readonly byte[] ServerIds = "srvtoolu_"u8.ToArray();

    /// <summary>On the way through.</summary>
    public static readonly TrafficForm Traffic = TrafficOf(statesFrame: false);

    /// <summary>The same at Vertex AI.</summary>
    public static readonly TrafficForm StatedTraffic = TrafficOf(statesFrame: true);

    /// <summary>Limits of output.</summary>
    public static readonly OutputForm Output = new() { Limit = "max_tokens"u8.ToArray(), IsRequired = true };

    /// <summary>Where answers have their text.</summary>
    public static readonly TextMembers Text = new(["text", "thinking", "partial_json"]);

    /// <summary>Tools and calls.</summary>
    public static readonly ToolsForm Tools = new()
    {
        IdPrefix = "toolu_"u8.ToArray(),
        MaxId = 64,
        ReservedIds = ServerIds,
        MaxName = 128,
        HasAllowedList = false,
        ForcingExcludesThinking = true,
        HasChanges = true,
        SearchName = JsonText.From("web_search"),
    };

    /// <summary>Blocks and turns.</summary>
    public static readonly BlockForm Blocks = new()
    {
        HasImageDetail = false, HasSearchResults = true, Alternates = true, RefusesBlanks = true, SummariesReplace = true,
    };

    /// <summary>Thinking.</summary>
    public static readonly ReasoningForm Reasoning = new()
    {
        Style = ReasoningStyle.Thinking, TiesDisplay = true, HasSignatures = true, CarriesOthers = true, Family = ModelFamily.Claude,
    };

    /// <summary>Other fields.</summary>
    public static readonly FieldForm Fields = new()
    {
        MaxUser = 256,
        UsualTier = JsonText.From("standard_only"),
        Tiers = "auto",
        HasPlainJson = false,
        ClosesSchemas = true,
        Cache = CacheForm.Blocks,
        HasStreamedLogprobs = false,
    };

    /// <summary>What is in front of a request.</summary>
    public static readonly TokenPreamble Preamble = new(12, 600, 50, 110);

    private static TrafficForm TrafficOf(bool statesFrame) => new()
    {
        StartsWithUsage = true, NamesContainers = true, HasUserInMetadata = true, BetaHolder = "", StatesFrame = statesFrame,
    };
}
