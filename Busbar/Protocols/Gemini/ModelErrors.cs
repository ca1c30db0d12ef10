namespace Busbar.Protocols.Gemini;

/// <summary>What Google says of a model or a method that is not there.</summary>
internal static class ModelErrors
{
    /// <summary>Of the model <paramref name="name"/>, empty where it cannot be shown.</summary>
    public static string Of(ReadOnlySpan<char> name, in EgressCall call) => Of(name, call.Version, call.Operation switch
    {
        Operation.CountTokens => "countTokens",
        Operation.Embed => "embedContent",
        Operation.BatchEmbed => "batchEmbedContents",
        _ => call.Stream ? "streamGenerateContent" : "generateContent",
    });

    /// <summary>Of what stands behind <c>/models/</c> in a path that names no method that exists; empty where it cannot be shown.</summary>
    public static string OfMethod(ReadOnlySpan<char> tail, bool isShown, string? version)
    {
        int colon = tail.LastIndexOf(':');
        return colon <= 0 ? Of(isShown ? tail : default, version, "generateContent")
            : Of(isShown ? tail[..colon] : default, version, isShown && colon + 1 < tail.Length ? tail[(colon + 1)..].ToString() : "this method");
    }

    private static string Of(ReadOnlySpan<char> name, string? version, string method) =>
        $"{(name.IsEmpty ? "The model" : $"models/{name}")} is not found for API version {version?[1..] ?? "v1beta"}, or is not supported for {method}. "
        + "Call ListModels to see the list of available models and their supported methods.";
}
