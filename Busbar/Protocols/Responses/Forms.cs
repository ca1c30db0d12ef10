namespace Busbar.Protocols.Responses;

/// <summary>What Responses have and lack beside other protocols.</summary>
internal static class Forms
{
    /// <summary>On the way through.</summary>
    public static readonly TrafficForm Traffic = new() { TriesWebSockets = true, KeepsAnswers = true, TakesIdempotencyKeys = true };

    /// <summary>Limits of output.</summary>
    public static readonly OutputForm Output = new() { Limit = "max_output_tokens"u8.ToArray(), Min = RequestWriter.LeastMaxTokens };

    /// <summary>Where answers have their text. The last events of a stream repeat it under the names of a whole answer.</summary>
    public static readonly TextMembers Text = new(["text", "arguments"], streamed: ["delta"]);
}
