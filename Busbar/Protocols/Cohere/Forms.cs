using System.Buffers;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Protocols.Cohere;

/// <summary>What Cohere's chat has and lacks beside other protocols.</summary>
internal static class Forms
{
    /// <summary>On the way through.</summary>
    public static readonly TrafficForm Traffic = new();

    /// <summary>Limits of output.</summary>
    public static readonly OutputForm Output = new() { Limit = "max_tokens"u8.ToArray(), MayExcludeThinking = true };

    /// <summary>Where answers have their text.</summary>
    public static readonly TextMembers Text = new(["text", "thinking", "arguments"]);

    /// <summary>Tools and calls.</summary>
    public static readonly ToolsForm Tools = new()
    {
        NameCharacters = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_"u8),
        HasAllowedList = false,
        HasParallelSwitch = false,
    };

    /// <summary>Blocks and turns.</summary>
    public static readonly BlockForm Blocks = new();

    /// <summary>Thinking, which nobody signs.</summary>
    public static readonly ReasoningForm Reasoning = new() { Style = ReasoningStyle.Budget, TiesDisplay = true, Family = ModelFamily.OpenAI };

    /// <summary>Other fields.</summary>
    public static readonly FieldForm Fields = new() { HasFormatWithTools = false, LosesAutoCache = true, HasStreamedLogprobs = false };

    /// <summary>What is in front of a request.</summary>
    public static readonly TokenPreamble Preamble = new(1450, 100, 0, 105);
}
