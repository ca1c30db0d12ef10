using System.Diagnostics.CodeAnalysis;

namespace Busbar.Upstream.Credentials;

/// <summary>An AWS access key pair, with a session token when it is temporary. Its text form shows no secret.</summary>
internal sealed class AwsCredential
{
    private AwsCredential(string accessKeyId, string secret, string? sessionToken)
    {
        AccessKeyId = accessKeyId;
        Secret = secret;
        SessionToken = sessionToken;
    }

    /// <summary>The public id of the pair.</summary>
    public string AccessKeyId { get; }

    /// <summary>The secret half.</summary>
    public string Secret { get; }

    /// <summary>The session token; null for a lasting pair.</summary>
    public string? SessionToken { get; }

    /// <summary>
    /// Reads <c>ACCESS:SECRET</c> or <c>ACCESS:SECRET:TOKEN</c>, where the token may hold colons itself. False when a part is missing or
    /// empty, or when the id or the token holds a byte that no header can carry: such a request goes out unsigned.
    /// </summary>
    public static bool TryParse(string text, [NotNullWhen(true)] out AwsCredential? credential)
    {
        string[] parts = text.Split(':', 3);
        bool valid = parts.Length >= 2 && Array.TrueForAll(parts, part => part.Length > 0)
            && IsHeaderSafe(parts[0]) && (parts.Length == 2 || IsHeaderSafe(parts[2]));
        credential = valid ? new AwsCredential(parts[0], parts[1], parts.Length == 3 ? parts[2] : null) : null;
        return valid;
    }

    /// <summary>A pair of these parts; null as for <see cref="TryParse"/>.</summary>
    public static AwsCredential? Of(string? accessKeyId, string? secret, string? sessionToken) =>
        string.IsNullOrEmpty(accessKeyId) || string.IsNullOrEmpty(secret) || !IsHeaderSafe(accessKeyId) || !IsHeaderSafe(sessionToken ?? "")
            ? null
            : new AwsCredential(accessKeyId, secret, string.IsNullOrEmpty(sessionToken) ? null : sessionToken);

    /// <inheritdoc/>
    public override string ToString() => AccessKeyId;

    private static bool IsHeaderSafe(string value) => !value.AsSpan().ContainsAnyExceptInRange('!', '~');
}
