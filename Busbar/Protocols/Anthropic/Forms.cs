namespace Busbar.Protocols.Anthropic;

/// <summary>What Messages have and lack beside other protocols.</summary>
internal static class Forms
{
    /// <summary>On the way through.</summary>
    public static readonly TrafficForm Traffic = new()
    {
        StartsWithUsage = true, NamesContainers = true, HasUserInMetadata = true, BetaHolder = "",
    };

    /// <summary>Limits of output.</summary>
    public static readonly OutputForm Output = new() { Limit = "max_tokens"u8.ToArray(), IsRequired = true };

    /// <summary>Where answers have their text.</summary>
    public static readonly TextMembers Text = new(["text", "thinking", "partial_json"]);
}
