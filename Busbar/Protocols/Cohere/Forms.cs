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
}
