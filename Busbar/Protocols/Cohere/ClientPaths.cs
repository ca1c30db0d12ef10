namespace Busbar.Protocols.Cohere;

/// <summary>Where clients of Cohere call.</summary>
internal static class ClientPaths
{
    /// <summary>The paths; the first that fits decides.</summary>
    public static readonly ClientPath[] All = [new("/v2/chat"), new("/v2/embed", Operation.Embed)];

    /// <summary>What others look like: what is not served, and the first version.</summary>
    public static readonly PathMarks Marks = new()
    {
        Tails = ["/v2/chat", "/v2/embed", "/v2/rerank", "/v1/chat", "/v1/embed", "/v1/rerank", "/v1/generate"],
    };
}
