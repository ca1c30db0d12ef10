namespace Busbar.Protocols.OpenAI;

/// <summary>What Chat Completions have and lack beside other protocols.</summary>
internal static class Forms
{
    /// <summary>On the way through. Cursor sends bodies of Responses here.</summary>
    public static readonly TrafficForm Traffic = new() { TakesResponsesBodies = true, HidesUsage = true, TakesIdempotencyKeys = true };

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
}
