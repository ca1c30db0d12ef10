using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Fuzz;

/// <summary>Names and values of headers that nobody means well with. Each character stands for one byte.</summary>
internal static class HostileText
{
    /// <summary>Headers that somebody on the way reads.</summary>
    private static readonly string[] Names =
    [
        "Authorization", "authorization", "x-api-key", "X-API-KEY", "x-goog-api-key", "api-key", "x-admin-token", "Proxy-Authorization", "Cookie",
        "traceparent", "Traceparent", "tracestate", "baggage", "Idempotency-Key", "x-client-request-id", "x-request-id", "request-id",
        "anthropic-beta", "anthropic-version", "anthropic-workspace-id", "anthropic-user-profile-id", "OpenAI-Organization", "OpenAI-Project",
        "OpenAI-Beta",
        "x-goog-user-project", "x-goog-api-client", "x-client-name", "x-amzn-bedrock-trace", "x-amzn-bedrock-guardrailidentifier",
        "x-amzn-bedrock-performanceconfig-latency", "x-amz-date", "x-amz-content-sha256", "x-amz-security-token", "x-amz-target", "amz-sdk-request",
        "Content-Type", "Content-Encoding", "Content-Language", "Expect", "Host", "Connection", "Upgrade", "HTTP2-Settings", "Keep-Alive", "TE",
        "Trailer", "Via",
        "X-Forwarded-For", "X-Forwarded-Host", "Forwarded", "X-HTTP-Method-Override", "X-Original-URL", "Accept", "Accept-Encoding", "Range",
        "If-None-Match",
        "User-Agent", "Origin", "Referer", "Date", "Proxy-Connection", "Sec-WebSocket-Key", "x-session-id", "session_id", "x-busbar-request-id",
        "x-busbar-lane",
    ];

    private static readonly string[] NoNames = ["", " ", "bad name", "colon:", "n\u00c3\u00a4me", "\u0001", "tab\t", "(x)", ":authority", "\"q\"",
        "x\u0000y", "=", "\u007f"];

    private static readonly string[] Values =
    [
        "", " ", "\t \t", ",", ",,a,,b;q=1,", "\"", "\"canary-open", "\\", "canary-value", "{\"canary\":[1,", "%00%0d%0aSet-Cookie:%20canary=1",
        "${KEY_0}", "../../../etc/passwd",
        "true", "null", "-1", "0x10", "1e999", "NaN", "99999999999999999999999999", "=?utf-8?q?canary=41?=",
        "\u00c3\u00a4\u00e2\u0082\u00ac\u00f0\u009f\u0098\u0080", "\u00c3(\u00ff\u00fe", "\u0000", "a\u0000b",
        "a\rb", "\u0001\u0002\u001f\u007f", "gzip", "gzip, identity", "identity", "identity, identity", "br;q=1.0, *;q=0", "application/json",
        "application/json; charset=utf-16", "text/plain;;;=", "multipart/form-data",
        "100-continue", "100-CONTINUE", "canary-expectation", "close", "keep-alive, close", "upgrade", "Upgrade, HTTP2-Settings",
        "authorization, x-api-key, host, content-length", "h2c", "websocket", "h2c, websocket", "AAMAAABkAAQAAP__",
        "evil.invalid", "evil.invalid:99999", "user:canary@evil.invalid", "[::1", "a b", "/", "*", "2023-06-01", "2023-06-01, 2023-06-01", "GET",
        "/admin/keys",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "00-00000000000000000000000000000000-0000000000000000-00",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-extra", "a=b,c=d,=,",
        "20261122T120000Z", "UNSIGNED-PAYLOAD",
    ];

    private static readonly string[] Credentials =
    [
        "", " ", "Bearer", "Bearer ", "bearer  ", "Bearer canary-wrong", "Bearer\tcanary-wrong", "BearerX canary-wrong", "Bearer canary wrong",
        "Bearer canary-wrong, Bearer canary-wrong", "Bearer \u00e4\u00ff", "Bearer \u00c3\u00a4",
        "Basic Y2FuYXJ5OmNhbmFyeQ==", "Basic canary", "Digest username=\"canary\"", "Negotiate canary", "OAuth canary", "canary-bare",
        "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "AWS4-HMAC-SHA256 canary",
        "AWS4-HMAC-SHA256 Credential=AKIACANARY/20261122/us-east-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=00",
        "AWS4-HMAC-SHA256 Credential=////, SignedHeaders=;, Signature=",
        "AWS4-HMAC-SHA256 Credential=AKIACANARY/20261122/us-east-1/bedrock/aws4_request, " +
            "SignedHeaders=amz-sdk-request;content-length;cookie;host;transfer-encoding;x-amz-date;x-amz-security-token;x-amz-target, Signature=00",
        "AWS4-ECDSA-P256-SHA256 Credential=canary", "Bearer " + Scene.Token + "\u0001", "Bearer " + Scene.Token + " x",
        "Bearer \"" + Scene.Token + "\"", "Bearer " + Scene.Token + "," + Scene.Token,
    ];

    /// <summary>A name; where it need not be <paramref name="parseable"/>, once in a while none that HTTP knows.</summary>
    public static string Name(Random random, bool parseable) => random.Next(25) switch
    {
        0 when !parseable => NoNames[random.Next(NoNames.Length)],
        1 => "x-" + Bytes(random, 12, 'a', 'z'),
        _ => Cased(random, Names[random.Next(Names.Length)]),
    };

    /// <summary>A value for <paramref name="name"/>, without bytes that no server takes where it must be <paramref name="parseable"/>.</summary>
    public static string Value(Random random, string name, bool parseable)
    {
        string value = Value(random, name);
        return !parseable ? value : string.Concat(value.Select(
            letter => letter is (< ' ' and not '\t') or '\u007f' ? "" : letter < '\u0080' ? $"{letter}" : "\u00c3\u00a4"));
    }

    // Never with a line feed, after which another header would begin.
    private static string Value(Random random, string name)
    {
        bool isCredential = name.EndsWith("api-key", StringComparison.OrdinalIgnoreCase) || name.Contains("auth", StringComparison.OrdinalIgnoreCase)
            || name.EndsWith("token", StringComparison.OrdinalIgnoreCase);
        return random.Next(12) switch
        {
            0 => Bytes(random, 60, '\u0000', '\u00ff').Replace('\n', ' '),
            1 => Bytes(random, 60, '\u0020', '\u007e'),
            2 => Bytes(random, 60, '\u0080', '\u00ff'),
            3 => "canary-" + new string('x', random.Next(20) == 0 ? 70_000 : random.Next(9000)),
            4 => new string(',', random.Next(2000)),
            5 => "   \t" + Values[random.Next(Values.Length)] + "\t  ",
            _ when isCredential => Credentials[random.Next(Credentials.Length)],
            _ => Values[random.Next(Values.Length)],
        };
    }

    private static string Cased(Random random, string name) => random.Next(4) switch
    {
        0 => name.ToUpperInvariant(),
        1 => string.Concat(name.Select(letter => random.Next(2) == 0 ? char.ToUpperInvariant(letter) : char.ToLowerInvariant(letter))),
        _ => name,
    };

    private static string Bytes(Random random, int most, char first, char last)
    {
        var text = new StringBuilder();
        for (int count = random.Next(1, most + 1); count > 0; count--)
        {
            text.Append((char)random.Next(first, last + 1));
        }

        return text.ToString();
    }
}
