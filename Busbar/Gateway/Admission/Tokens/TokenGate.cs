using System.Collections.Concurrent;
using Busbar.Configuration.Model;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Observability.Metrics;
using Busbar.Oidc;
using Microsoft.Extensions.Logging;

namespace Busbar.Gateway.Admission.Tokens;

/// <summary>
/// Admits callers with tokens of issuers (<c>auth.jwt</c>): each subject by a key of its own. A token that was right is remembered by its hash, so
/// that the requests that follow cost a look-up. One for each configuration; issuers whose keys are where they were go on with them.
/// </summary>
internal sealed class TokenGate
{
    /// <summary>Most tokens that are remembered.</summary>
    public const int MaxRemembered = 20_000;

    /// <summary>
    /// Longest time that a token is remembered: a key that its issuer withdraws is believed for so long, once the issuer's keys were read again.
    /// </summary>
    public static readonly TimeSpan LongestMemory = TimeSpan.FromMinutes(5);

    private readonly ConcurrentDictionary<KeyDigest, (KeyEntry Entry, long Until)> _remembered = new();
    private readonly TokenVerifier _verifier;
    private readonly SubjectKeys _subjects;
    private readonly Metrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly IIssuerNetwork _network;

    /// <summary>Admits tokens of <paramref name="issuers"/> to keys of <paramref name="governor"/>.</summary>
    public TokenGate(IReadOnlyList<JwtIssuerConfig> issuers, Governor governor, IIssuerNetwork network, Metrics metrics, TimeProvider time,
        ILogger log)
        : this(issuers, new SubjectKeys(governor, time, log), network, metrics, time, log, [])
    {
    }

    private TokenGate(
        IReadOnlyList<JwtIssuerConfig> issuers, SubjectKeys subjects, IIssuerNetwork network, Metrics metrics, TimeProvider time, ILogger log,
        IReadOnlyList<IssuerKeySource> former)
    {
        (_subjects, _network, _metrics, _time, _log) = (subjects, network, metrics, time, log);
        _verifier = new TokenVerifier(
            [.. issuers.Select(issuer => new IssuerKeySource(
                issuer, network, metrics, time, log, former.FirstOrDefault(source => source.Issuer.HasKeysOf(issuer))))], time);
    }

    /// <summary>Whether any token can be admitted.</summary>
    public bool IsOn => _verifier.Issuers.Count > 0;

    /// <summary>The same for another configuration.</summary>
    public TokenGate With(IReadOnlyList<JwtIssuerConfig> issuers) => new(issuers, _subjects, _network, _metrics, _time, _log, _verifier.Issuers);

    /// <summary>
    /// The key of a token that was right before and still is; null where it is to be looked at. <paramref name="until"/> is when that is due at the
    /// latest.
    /// </summary>
    public KeyEntry? Find(string token, long now, out long until)
    {
        until = 0;
        if (_remembered.IsEmpty || token.Length > JwtReader.MaxLength
            || !_remembered.TryGetValue(KeyDigest.Of(token), out (KeyEntry Entry, long Until) known)
            || now >= known.Until || !known.Entry.IsInForce(now))
        {
            return null;
        }

        until = known.Until;
        return known.Entry;
    }

    /// <summary>Judges <paramref name="token"/>: the key of its subject, or why it is refused.</summary>
    public async ValueTask<(KeyEntry? Entry, TokenFault Fault)> AdmitAsync(string token, CancellationToken cancellation)
    {
        (VerifiedToken? verified, TokenFault fault) = await _verifier.VerifyAsync(token, cancellation).ConfigureAwait(false);
        KeyEntry? entry = null;
        if (verified is not null)
        {
            (entry, SubjectResult result) = await _subjects.FindAsync(ClaimOf(verified)).ConfigureAwait(false);
            long now = _time.GetUtcNow().ToUnixTimeSeconds();
            fault = result switch
            {
                SubjectResult.NoGroup => TokenFault.NoGroup,
                SubjectResult.NotStored => TokenFault.NotStored,
                _ => entry!.IsInForce(now) ? TokenFault.None : TokenFault.Disabled,
            };
            if (fault == TokenFault.None)
            {
                Remember(token, entry!, Math.Min(verified.Until, now + (long)LongestMemory.TotalSeconds), now);
            }
        }

        if (fault != TokenFault.None)
        {
            _metrics.TokenRejections.Get(TokenFaults.NameOf(fault)).Add();
            return (null, fault);
        }

        return (entry, fault);
    }

    private static SubjectClaim ClaimOf(VerifiedToken token) =>
        new(token.Issuer.Issuer, token.Subject, token.Group, token.Issuer.PoolsClaim is null ? null : token.Pools)
        {
            MaxBudgetCents = token.Issuer.MaxBudgetCents,
            Period = token.Issuer.BudgetPeriod switch { "daily" => BudgetPeriod.Daily, "monthly" => BudgetPeriod.Monthly, _ => BudgetPeriod.Total },
            RpmLimit = token.Issuer.RpmLimit,
            TpmLimit = token.Issuer.TpmLimit,
            MaxConcurrent = token.Issuer.MaxConcurrent,
        };

    // What has ended goes first; where that is not enough, everything: each is judged once more.
    private void Remember(string token, KeyEntry entry, long until, long now)
    {
        if (_remembered.Count >= MaxRemembered)
        {
            foreach ((KeyDigest digest, (KeyEntry _, long end)) in _remembered)
            {
                if (end <= now)
                {
                    _remembered.TryRemove(digest, out _);
                }
            }

            if (_remembered.Count >= MaxRemembered)
            {
                _remembered.Clear();
            }
        }

        _remembered[KeyDigest.Of(token)] = (entry, until);
    }
}
