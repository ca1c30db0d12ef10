using Busbar.Configuration.Model;
using Busbar.Observability.Metrics;
using Busbar.Wire.Json;
using Microsoft.Extensions.Logging;

namespace Busbar.Oidc;

/// <summary>
/// The keys of one issuer as they change. They are fetched when the first token needs them, again every <see cref="RefreshAge"/> while there are
/// tokens, and at once for a token signed with a key that is not among them: by one call at a time, whoever waits for it, and not again for
/// <see cref="Pause"/> when that brought nothing. A token whose key is known never waits. Lives as long as its issuer is configured.
/// </summary>
/// <param name="issuer">The issuer.</param>
/// <param name="network">Fetches its keys.</param>
/// <param name="metrics">Counts fetches.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Takes complaints.</param>
/// <param name="former">The same keys under a former configuration; null for none.</param>
internal sealed partial class IssuerKeySource(
    JwtIssuerConfig issuer, IIssuerNetwork network, Metrics metrics, TimeProvider time, ILogger log, IssuerKeySource? former = null)
{
    /// <summary>Longest time of a fetch.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(5);

    /// <summary>Largest document.</summary>
    public const int MaxBytes = 512 * 1024;

    /// <summary>Time between two fetches that a token causes, where the former brought nothing.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>Age at which keys are fetched again, beside those who use them.</summary>
    public static readonly TimeSpan RefreshAge = TimeSpan.FromMinutes(10);

    /// <summary>Age at which keys that could not be fetched again are believed no more.</summary>
    public static readonly TimeSpan MaxAge = TimeSpan.FromHours(24);

    private readonly Lock _lock = new();
    private IssuerKeys? _keys = former?._keys;
    private long _fetchedAt = former?._fetchedAt ?? 0;
    private long? _pausedAt;
    private Task _running = Task.CompletedTask;

    /// <summary>The issuer.</summary>
    public JwtIssuerConfig Issuer => issuer;

    /// <summary>The key called <paramref name="id"/> for <paramref name="algorithm"/>; otherwise which fault the token has.</summary>
    public async ValueTask<(VerificationKey? Key, TokenFault Fault)> FindAsync(string id, string algorithm, CancellationToken cancellation)
    {
        if (Current() is { } keys && keys.Find(id, algorithm) is { } known)
        {
            if (time.GetElapsedTime(_fetchedAt) > RefreshAge)
            {
                _ = Fetch();
            }

            return (known, TokenFault.None);
        }

        await Fetch().WaitAsync(cancellation).ConfigureAwait(false);
        if (Current() is not { } fetched)
        {
            return (null, TokenFault.KeysUnavailable);
        }

        if (fetched.Find(id, algorithm) is { } found)
        {
            return (found, TokenFault.None);
        }

        lock (_lock)
        {
            _pausedAt ??= time.GetTimestamp();
        }

        return (null, TokenFault.UnknownKey);
    }

    private IssuerKeys? Current() => Volatile.Read(ref _keys) is { } keys && time.GetElapsedTime(Interlocked.Read(ref _fetchedAt)) <= MaxAge ? keys
        : null;

    // The fetch under way, a new one, or none while there is a pause.
    private Task Fetch()
    {
        lock (_lock)
        {
            if (!_running.IsCompleted)
            {
                return _running;
            }

            if (_pausedAt is { } paused && time.GetElapsedTime(paused) < Pause)
            {
                return Task.CompletedTask;
            }

            _pausedAt = null;
            return _running = Task.Run(FetchAsync);
        }
    }

    private async Task FetchAsync()
    {
        using var limit = new CancellationTokenSource(Limit, time);
        try
        {
            string url = issuer.JwksUrl ?? await DiscoverAsync(limit.Token).ConfigureAwait(false);
            byte[] json = await network.GetAsync(url, issuer, MaxBytes, limit.Token).ConfigureAwait(false);
            IssuerKeys keys = IssuerKeys.Read(json) ?? throw new IssuerException($"'{url}' is no JWK set with a key that checks signatures");
            Interlocked.Exchange(ref _fetchedAt, time.GetTimestamp());
            Volatile.Write(ref _keys, keys);
            metrics.KeySetFetches.Get(issuer.Issuer, "ok").Add();
        }
        catch (Exception exception)
        {
            // Whatever it is: whoever waits for it has no keys, and the log says why.
            lock (_lock)
            {
                _pausedAt = time.GetTimestamp();
            }

            metrics.KeySetFetches.Get(issuer.Issuer, "failed").Add();
            FetchFailed(log, issuer.Issuer, exception is IssuerException ? exception.Message : exception.GetType().Name, Current() is null
                ? "its tokens are refused" : "the former ones are used");
        }
    }

    private async Task<string> DiscoverAsync(CancellationToken cancellation)
    {
        byte[] json = await network.GetAsync(issuer.Issuer.TrimEnd('/') + "/.well-known/openid-configuration", issuer, MaxBytes, cancellation)
            .ConfigureAwait(false);
        using var tape = new JsonTape();
        if (!tape.TryParse(json) || tape.Root["jwks_uri"u8].Text.IsNullOrEmpty)
        {
            throw new IssuerException("its openid-configuration names no jwks_uri");
        }

        return tape.Root["issuer"u8].Text.ToString() == issuer.Issuer
            ? tape.Root["jwks_uri"u8].Text.ToString()
            : throw new IssuerException("its openid-configuration is that of another issuer; write the issuer as it stands there");
    }

    [LoggerMessage(70, LogLevel.Warning, "auth.jwt: the keys of {Issuer} cannot be fetched: {Reason}; {Consequence}")]
    private static partial void FetchFailed(ILogger logger, string issuer, string reason, string consequence);
}
