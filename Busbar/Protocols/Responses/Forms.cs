using Busbar.Ir;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Responses;

/// <summary>What Responses have and lack beside other protocols.</summary>
internal static class Forms
{
    /// <summary>On the way through.</summary>
    public static readonly TrafficForm Traffic = new() { TriesWebSockets = true, KeepsAnswers = true, TakesIdempotencyKeys = true };

    /// <summary>Limits of output.</summary>
    public static readonly OutputForm Output = new() { Limit = "max_output_tokens"u8.ToArray(), Min = RequestWriter.MinOutputTokens };

    /// <summary>Where answers have their text. The last events of a stream repeat it under the names of a whole answer.</summary>
    public static readonly TextMembers Text = new(["text", "arguments"], streamed: ["delta"]);

    /// <summary>Tools and calls.</summary>
    public static readonly ToolsForm Tools = new()
    {
        IdPrefix = "call_"u8.ToArray(), MaxId = 64, HasFreeText = true, HasChanges = true, SearchName = JsonText.From("web_search"),
    };

    /// <summary>Blocks and turns. OpenAI's two protocols share one file store.</summary>
    public static readonly BlockForm Blocks = new()
    {
        HasRefusals = true, HasPhases = true, HasTextDocuments = false, FileStore = ProtocolId.OpenAI, HasSealedSummaries = true,
    };

    /// <summary>Thinking.</summary>
    public static readonly ReasoningForm Reasoning = new() { HasSignatures = true, CarriesOthers = true, Family = ModelFamily.OpenAI };

    /// <summary>Other fields.</summary>
    public static readonly FieldForm Fields = new()
    {
        HasVerbosity = true,
        HasCacheKey = true,
        MaxUser = 64,
        MaxMetadataName = 64,
        MaxMetadataValue = 512,
        UsualTier = TierWords.Default,
        Tiers = "auto flex priority fast scale",
        HasStrictMode = true,
        Cache = CacheForm.Parts,
    };

    /// <summary>What is in front of a request.</summary>
    public static readonly TokenPreamble Preamble = new(90, 150, 0, 120);
}
