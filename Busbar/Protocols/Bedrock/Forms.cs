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
}
