using Busbar.Ir;

namespace Busbar.Protocols.Gemini;

/// <summary>Where clients of Gemini call, at the developer API and on Vertex AI.</summary>
internal static class ClientPaths
{
    /// <summary>The paths; the first that fits decides.</summary>
    public static readonly ClientPath[] All =
    [
        new("{v}{google}/models/{model}:generateContent"),
        new("{v}{google}/models/{model}:streamGenerateContent", streams: true),
        new("{v}{google}/models/{model}:countTokens", Operation.CountTokens),
        new("{v}{google}/models/{model}:embedContent", Operation.Embed),
        new("{v}{google}/models/{model}:batchEmbedContents", Operation.BatchEmbed),
    ];

    /// <summary>What others look like.</summary>
    public static readonly PathMarks Marks = new()
    {
        Parts = ["/v1beta/", "/v1beta1/", "/v1alpha/", "/interactions"],
        Verbs =
        [
            ":generateContent", ":streamGenerateContent", ":countTokens", ":embedContent", ":batchGenerateContent", ":generateAnswer",
            ":batchEmbedContents",
        ],
    };
}
