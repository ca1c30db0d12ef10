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
}
