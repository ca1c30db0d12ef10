using System.Collections.Frozen;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Busbar.Configuration.Model.Providers;
using Busbar.Gateway.Admission;
using Busbar.Gateway.Server;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Reliability.Selection;
using Busbar.Upstream;
using Busbar.Upstream.Credentials;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// Which vendor headers pass on same-protocol hops. Everything else stays on its side: no credential, cookie, hop-by-hop or
/// forwarding header ever crosses.
/// </summary>
internal static class HeaderPolicy
{
    private static readonly string[] AnyRequest = ["x-client-request-id", "traceparent"];

    private const string IdempotencyKey = "Idempotency-Key";

    private static readonly FrozenSet<string> ResponseNames = FrozenSet.Create(
        StringComparer.OrdinalIgnoreCase,
        [
            "request-id", "x-request-id", "x-amzn-requestid", "apim-request-id", "x-amzn-errortype", "retry-after", "retry-after-ms",
            "x-ms-client-request-id", "x-should-retry", "anthropic-organization-id", "anthropic-workspace-id",
            "openai-organization", "openai-processing-ms", "openai-version",
            "openai-model", "x-debug-trace-id", "x-models-etag", "x-reasoning-included",
            "x-api-warning", "x-endpoint-monthly-call-limit", "x-gemini-service-tier",

            // Never asked for; but a body that has one all the same must stay readable.
            "content-encoding",
        ]);

    private static readonly FrozenSet<string>.AlternateLookup<ReadOnlySpan<char>> ResponseNamesBySpan =
        ResponseNames.GetAlternateLookup<ReadOnlySpan<char>>();

    private static readonly string[] ResponsePrefixes = ["x-ratelimit", "ratelimit", "anthropic-ratelimit-", "x-amzn-bedrock-",
        "x-trial-endpoint-call-"];

    /// <summary>
    /// Copies what the provider's own clients send from <paramref name="client"/>, the headers of <paramref name="caller"/>, to a request of the same
    /// protocol. The result is the betas among them that <paramref name="provider"/> denies, and that are left out.
    /// </summary>
    public static IReadOnlyList<string> CopyRequest(ProviderConfig provider, in CallerIdentity caller, IHeaderDictionary client,
        UpstreamRequest upstream)
    {
        Protocol protocol = ProtocolTable.Get(provider.Protocol, provider.Platform);
        Copy(AnyRequest, client, upstream);
        Copy(protocol.RequestHeaders, client, upstream);
        if (caller.Credential.IsPassthrough)
        {
            // Whose account pays is, with the gateway's own credential, for the provider's configuration to say.
            Copy(protocol.AccountHeaders, client, upstream);
        }

        if (protocol.Traffic.TakesIdempotencyKeys && client.TryGetValue(IdempotencyKey, out var key) && key.Count > 0)
        {
            // Two keys share the provider's account, and must not get each other's answers.
            upstream.TryAdd(IdempotencyKey, caller.Key is { } entry ? OwnIdempotencyKey(entry.Key.Id, key.ToString()) : key.ToString());
        }

        if (protocol.BetaHeader is not { } beta || !client.TryGetValue(beta, out var betas) || betas.Count == 0)
        {
            return [];
        }

        string asked = betas.ToString();
        IReadOnlyList<string> denied = provider.DenyBetas.Count == 0 ? []
            : [.. Split(asked).Where(value => provider.DenyBetas.Contains(value)).Distinct()];
        string passed = denied.Count == 0 ? asked : string.Join(',', Split(asked).Where(value => !denied.Contains(value)));
        if (passed.Length > 0 && provider.Platform != Platform.BedrockInvoke)
        {
            upstream.TryAdd(beta, passed);
        }

        return denied;
    }

    /// <summary>The betas that <paramref name="client"/> asks for in its headers and <paramref name="provider"/> does not deny.</summary>
    public static List<string> BetasOf(ProviderConfig provider, IHeaderDictionary client) =>
        ProtocolTable.Get(provider.Protocol).BetaHeader is { } name && client.TryGetValue(name, out var betas)
            ? [.. Split(betas.ToString()).Where(value => !provider.DenyBetas.Contains(value)).Distinct()]
            : [];

    private static string[] Split(string list) => list.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    private static void Copy(IReadOnlyList<string> names, IHeaderDictionary client, UpstreamRequest upstream)
    {
        for (int index = 0; index < names.Count; index++)
        {
            // A value that cannot be sent would fail the call, and the lane would be charged with the caller's fault: it is left out.
            if (client.TryGetValue(names[index], out var values) && values.Count > 0)
            {
                upstream.TryAdd(names[index], values.ToString());
            }
        }
    }

    private static string OwnIdempotencyKey(string owner, string key) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{owner}\n{key}")));

    /// <summary>Copies what the provider's own clients read from a same-protocol answer.</summary>
    public static void CopyResponse(ResponseHead upstream, IHeaderDictionary client)
    {
        for (int index = 0; index < upstream.Count; index++)
        {
            ReadOnlySpan<char> name = upstream.NameAt(index);
            ReadOnlySpan<char> value = upstream.ValueAt(index);

            // A value the server cannot send would fail the answer.
            if (Passes(name) && IsSendable(value))
            {
                client.Append(name.ToString(), value.ToString());
            }
        }
    }

    /// <summary>The content type of an answer as the provider wrote it; null when there is none that can be passed on.</summary>
    public static string? ContentTypeOf(ResponseHead upstream) =>
        upstream.TryGet("Content-Type", out ReadOnlySpan<char> type) && IsSendable(type) ? Text(type) : null;

    /// <summary>Names the request to the client in its protocol, unless the provider already did.</summary>
    public static void NameRequest(Exchange exchange)
    {
        if (exchange.Ingress.RequestIdHeader is { } name && !exchange.ResponseHeaders.ContainsKey(name))
        {
            exchange.ResponseHeaders[name] = exchange.RequestId;
        }
    }

    /// <summary>
    /// Tells the operator how an answer came about (<c>response_headers: debug</c>); <paramref name="lane"/> null when no lane gave it.
    /// </summary>
    public static void AddDebug(Exchange exchange, string? lane)
    {
        IHeaderDictionary headers = exchange.ResponseHeaders;
        headers["x-busbar-request-id"] = exchange.RequestId;
        headers["x-busbar-attempts"] = exchange.Attempts.ToString(CultureInfo.InvariantCulture);
        headers["x-busbar-ms"] = ((long)exchange.Elapsed.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        if (lane is not null)
        {
            headers["x-busbar-lane"] = lane;
            headers["x-busbar-choice"] = exchange.Choice?.Name();
        }

        if (exchange.DowngradedFrom is { } asked)
        {
            headers["x-busbar-downgraded-from"] = asked;
        }
    }

    // The usual ones need no text of their own.
    private static string Text(ReadOnlySpan<char> contentType) => contentType switch
    {
        "application/json" => "application/json",
        "text/event-stream" => "text/event-stream",
        "text/event-stream; charset=utf-8" => "text/event-stream; charset=utf-8",
        _ => contentType.ToString(),
    };

    private static bool IsSendable(ReadOnlySpan<char> value) => !value.ContainsAnyExceptInRange(' ', '~');

    private static bool Passes(ReadOnlySpan<char> name)
    {
        if (ResponseNamesBySpan.Contains(name))
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
