using Busbar.Configuration.Model;
using Busbar.Wire.Json;

namespace Busbar.Oidc;

/// <summary>
/// Decides whether a token is right: the rules of RFC 7519 and RFC 8725 without exceptions. The claims are judged before the signature, so that only
/// a token that would be right costs a fetch of keys.
/// </summary>
/// <param name="issuers">The issuers and their keys.</param>
/// <param name="time">The clock.</param>
internal sealed class TokenVerifier(IReadOnlyList<IssuerKeySource> issuers, TimeProvider time)
{
    private const int LongestSubject = 255;

    /// <summary>The issuers and their keys.</summary>
    public IReadOnlyList<IssuerKeySource> Issuers => issuers;

    /// <summary>Judges <paramref name="token"/>: who it stands for, or which fault it has.</summary>
    public async ValueTask<(VerifiedToken? Token, TokenFault Fault)> VerifyAsync(string token, CancellationToken cancellation)
    {
        TokenFault fault = JwtReader.Read(token, out Jwt? read);
        if (read is null)
        {
            return (null, fault);
        }

        using Jwt jwt = read;
        IssuerKeySource? source = issuers.FirstOrDefault(source => source.Issuer.Issuer == jwt.Issuer);
        if (source is null)
        {
            return (null, TokenFault.Issuer);
        }

        if (!source.Issuer.Algorithms.Contains(jwt.Algorithm))
        {
            return (null, TokenFault.Algorithm);
        }

        (VerifiedToken? verified, fault) = Claims(source.Issuer, jwt.Claims);
        if (verified is null)
        {
            return (null, fault);
        }

        (VerificationKey? key, fault) = await source.FindAsync(jwt.KeyId, jwt.Algorithm, cancellation).ConfigureAwait(false);
        return key is null ? (null, fault)
            : key.Verifies(jwt.Algorithm, jwt.Signed, jwt.Signature) ? (verified, TokenFault.None)
            : (null, TokenFault.Signature);
    }

    private (VerifiedToken? Token, TokenFault Fault) Claims(JwtIssuerConfig issuer, JsonNode claims)
    {
        if (!TextsOf(claims["aud"u8]).Any(issuer.Audiences.Contains))
        {
            return (null, TokenFault.Audience);
        }

        double now = time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0;
        if (claims["exp"u8].Number is not { } end || !IsTime(claims["nbf"u8]) || !IsTime(claims["iat"u8]))
        {
            return (null, TokenFault.Claims);
        }

        if (now >= end + issuer.ClockSkewSecs)
        {
            return (null, TokenFault.Expired);
        }

        double latest = now + issuer.ClockSkewSecs;
        if (claims["nbf"u8].Number > latest || claims["iat"u8].Number > latest)
        {
            return (null, TokenFault.NotYetValid);
        }

        string subject = Find(claims, issuer.SubjectClaim).Text.ToString();
        if (string.IsNullOrWhiteSpace(subject) || subject.Length > LongestSubject || subject.Any(char.IsControl)
            || !issuer.RequiredClaims.All(claim => ValuesOf(Find(claims, claim.Key)).Contains(claim.Value)))
        {
            return (null, TokenFault.Claims);
        }

        string? group = issuer.GroupClaim is { } named ? GroupOf(issuer, ValuesOf(Find(claims, named))) : issuer.DefaultGroup;
        if (group is null && issuer.GroupClaim is not null)
        {
            return (null, TokenFault.NoGroup);
        }

        IReadOnlyList<string> pools = issuer.PoolsClaim is { } listed ? PoolsOf(issuer, Find(claims, listed)) : [];
        if (pools.Count == 0 && issuer.PoolsClaim is not null)
        {
            return (null, TokenFault.NoPools);
        }

        return (new VerifiedToken(issuer, subject, group, pools, (long)Math.Min(Math.Ceiling(end) + issuer.ClockSkewSecs, long.MaxValue / 2)),
            TokenFault.None);
    }

    private static bool IsTime(JsonNode node) => node.IsMissing || node.Number is not null;

    private static string? GroupOf(JwtIssuerConfig issuer, IReadOnlyList<string> values)
    {
        if (issuer.Groups.Count == 0)
        {
            return values.Count > 0 ? values[0] : issuer.DefaultGroup;
        }

        foreach ((string value, string group) in issuer.Groups)
        {
            if (values.Contains(value))
            {
                return group;
            }
        }

        return issuer.DefaultGroup;
    }

    private static string[] PoolsOf(JwtIssuerConfig issuer, JsonNode claim)
    {
        IEnumerable<string> values = claim.IsString ? claim.Text.ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries) : ValuesOf(claim);
        return
        [
            .. (issuer.Pools.Count == 0
                ? values
                : values.SelectMany(value => issuer.Pools.TryGetValue(value, out string? pools)
                    ? pools.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries) : [])).Distinct()
                        .Order(StringComparer.Ordinal),
        ];
    }

    // A claim by its name, or inside others by a path with dots.
    private static JsonNode Find(JsonNode claims, string name)
    {
        if (claims[System.Text.Encoding.UTF8.GetBytes(name)] is { IsMissing: false } whole)
        {
            return whole;
        }

        JsonNode node = claims;
        foreach (string part in name.Split('.'))
        {
            node = node[System.Text.Encoding.UTF8.GetBytes(part)];
        }

        return node;
    }

    private static List<string> TextsOf(JsonNode node)
    {
        List<string> texts = node.IsString ? [node.Text.ToString()] : [];
        foreach (JsonNode item in node.Items)
        {
            if (item.IsString)
            {
                texts.Add(item.Text.ToString());
            }
        }

        return texts;
    }

    // "email_verified": true is written as true.
    private static List<string> ValuesOf(JsonNode node) => node.IsString || node.IsArray || node.IsObject || node.IsNull ? TextsOf(node)
        : [System.Text.Encoding.UTF8.GetString(node.Raw.Span)];
}
