using System.Buffers;
using Busbar.Ir;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Protocols.Gemini;

/// <summary>What Gemini has and lacks beside other protocols.</summary>
internal static class Forms
{
    /// <summary>On the way through.</summary>
    public static readonly TrafficForm Traffic = new() { StreamsArrays = true };

    /// <summary>Limits of output.</summary>
    public static readonly OutputForm Output = new()
    {
        Limit = "maxOutputTokens"u8.ToArray(),
        OtherLimit = "max_output_tokens"u8.ToArray(),
        IsNested = true,
        Counts = ["candidatecount"u8.ToArray()],
    };

    /// <summary>Where answers have their text.</summary>
    public static readonly TextMembers Text = new(["text"]);

    /// <summary>Tools and calls.</summary>
    public static readonly ToolsForm Tools = new()
    {
        NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.:"u8),
        NamesStartWithLetter = true,
        WantsObjects = false,
        SharesStrictness = true,
        HasParallelSwitch = false,
    };

    /// <summary>Blocks and turns.</summary>
    public static readonly BlockForm Blocks = new() { HasTextDocuments = false, HasCitations = false, Alternates = true, HasSystemTurns = false };

    /// <summary>Thinking.</summary>
    public static readonly ReasoningForm Reasoning = new()
    {
        Style = ReasoningStyle.Levels,
        HasSignatures = true,
        CallSigner = ProtocolId.Gemini,
        SignsWords = true,
        WantsCallSignatures = true,
        Family = ModelFamily.Gemini,
    };

    /// <summary>Other fields.</summary>
    public static readonly FieldForm Fields = new() { UsualTier = TierWords.Standard, Tiers = "flex priority", HasFormatNames = false };

    /// <summary>What is in front of a request.</summary>
    public static readonly TokenPreamble Preamble = new(15, 50, 0, 95);
}
