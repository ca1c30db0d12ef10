using System.Collections.Frozen;
using System.Globalization;
using System.Net.Http.Headers;
using Busbar.Ir;
using Busbar.Protocols;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway;

/// <summary>
/// Which vendor headers pass on same-protocol hops. Everything else stays on its side: no credential, cookie, hop-by-hop or
/// forwarding header ever crosses.
/// </summary>
internal static class HeaderPolicy
{
    private static readonly string[][] Requests =
    [
        ["anthropic-version", "anthropic-beta", "anthropic-workspace-id", "anthropic-user-profile-id", "x-client-request-id", "traceparent"],
        ["OpenAI-Organization", "OpenAI-Project", "OpenAI-Beta", "Idempotency-Key", "x-client-request-id", "traceparent"],
        ["x-goog-user-project", "x-goog-api-client", "x-client-request-id", "traceparent"],
        ["x-amzn-bedrock-trace", "x-amzn-bedrock-guardrailidentifier", "x-amzn-bedrock-guardrailversion", "x-amzn-bedrock-performanceconfig-latency", "x-client-request-id", "traceparent"],
        ["OpenAI-Organization", "OpenAI-Project", "OpenAI-Beta", "Idempotency-Key", "x-client-request-id", "traceparent"],
        ["x-client-name", "x-client-request-id", "traceparent"],
    ];

    private static readonly FrozenSet<string> ResponseNames = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        [
            "request-id", "x-request-id", "x-amzn-requestid", "x-amzn-errortype", "retry-after", "retry-after-ms", "x-should-retry",
            "anthropic-organization-id", "anthropic-workspace-id", "openai-organization", "openai-processing-ms", "openai-version",
            "openai-model", "x-debug-trace-id", "x-models-etag", "x-reasoning-included",
        ]);

    private static readonly string[] ResponsePrefixes = ["x-ratelimit-", "anthropic-ratelimit-", "x-amzn-bedrock-"];

    /// <summary>Copies what the provider's own clients send from <paramref name="client"/> to a request of the same protocol.</summary>
    public static void CopyRequest(ProtocolId protocol, IHeaderDictionary client, HttpRequestHeaders upstream)
    {
        foreach (string name in Requests[(int)protocol])
        {
            // A value the HTTP client cannot send would fail the call, and the lane would be charged with the caller's fault.
            if (client.TryGetValue(name, out var values) && values.Count > 0 && values.ToString() is var value && IsSendable(value))
            {
                upstream.TryAddWithoutValidation(name, value);
            }
        }
    }

    /// <summary>Copies what the provider's own clients read from a same-protocol answer.</summary>
    public static void CopyResponse(HttpResponseHeaders upstream, IHeaderDictionary client)
    {
        foreach (KeyValuePair<string, HeaderStringValues> header in upstream.NonValidated)
        {
            // A value the server cannot send would fail the answer.
            if (Passes(header.Key) && header.Value.ToString() is var value && IsSendable(value))
            {
                client[header.Key] = value;
            }
        }
    }

    /// <summary>The content type of an answer as the provider wrote it; null when there is none that can be passed on.</summary>
    public static string? ContentTypeOf(HttpContentHeaders upstream) =>
        upstream.NonValidated.TryGetValues("Content-Type", out HeaderStringValues values) && values.ToString() is var type && IsSendable(type) ? type : null;

    /// <summary>Names the request to the client in its dialect, unless the provider already did.</summary>
    public static void NameRequest(Exchange exchange)
    {
        if (exchange.Ingress.RequestIdHeader is { } name && !exchange.ResponseHeaders.ContainsKey(name))
        {
            exchange.ResponseHeaders[name] = exchange.RequestId;
        }
    }

    /// <summary>Tells the operator how an answer came about (<c>response_headers: debug</c>); <paramref name="lane"/> null when no lane gave it.</summary>
    public static void AddDebug(Exchange exchange, string? lane)
    {
        IHeaderDictionary headers = exchange.ResponseHeaders;
        headers["x-busbar-request-id"] = exchange.RequestId;
        headers["x-busbar-attempts"] = exchange.Attempts.ToString(CultureInfo.InvariantCulture);
        headers["x-busbar-ms"] = ((long)exchange.Elapsed.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        if (lane is not null)
        {
            headers["x-busbar-lane"] = lane;
        }
    }

    private static bool IsSendable(string value) => !value.AsSpan().ContainsAnyExceptInRange(' ', '~');

    private static bool Passes(string name)
    {
        if (ResponseNames.Contains(name))
        {
            return true;
        }

        foreach (string prefix in ResponsePrefixes)
        {
            if (name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
