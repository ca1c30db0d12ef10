using Busbar.Ir;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Routing;

/// <summary>
/// The protocol of a client on the <c>/models</c> paths, which three vendors share: the path where it is one vendor's own, else the headers.
/// </summary>
internal static class SharedPath
{
    /// <summary>The protocol to answer in.</summary>
    public static ProtocolId Of(Exchange exchange)
    {
        IHeaderDictionary headers = exchange.RequestHeaders;
        bool isGemini = exchange.Route.Version is not (null or "/v1")
            || PathClassifier.Classify(exchange.RawPath) == ProtocolId.Gemini
            || headers.ContainsKey("x-goog-api-key")
            || headers.ContainsKey("x-goog-api-client")
            || QueryValue.Of(exchange.RawQuery, "key").Length > 0;
        return isGemini ? ProtocolId.Gemini
            : headers.ContainsKey("anthropic-version") ? ProtocolId.Anthropic
            : IsCohere(headers) ? ProtocolId.Cohere
            : ProtocolId.OpenAI;
    }

    // Cohere's path is OpenAI's; its SDKs tell their name in a header of the generator that makes them.
    private static bool IsCohere(IHeaderDictionary headers) =>
        headers["X-Fern-SDK-Name"] is [{ } name] && name.StartsWith("cohere", StringComparison.OrdinalIgnoreCase);
}
