using Busbar.Configuration.Model.Providers;


namespace Busbar.Upstream.Identity;

/// <summary>
/// The credential of one identity through time. It is renewed ahead of its end, by one attempt at once however many wait; the former one serves
/// while it is valid.
/// </summary>
internal sealed class CloudIdentity : IDisposable
{
    // The longest attempt: several calls in a row, each with a limit of its own.
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    // Files with lasting keys are looked at again.
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan LongestLead = TimeSpan.FromMinutes(15);

    // Requests that may wait for the first credential; what is beyond would only pile up.
    private const int MaxWaiting = 4096;

    private readonly ICredentialSource _source;
    private readonly IIdentityEvents _events;
    private readonly TimeProvider _time;
    private readonly Func<double> _random;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _end = new();
    private readonly ITimer _timer;
    private MintedCredential? _current;
    private Task<MintedCredential>? _flight;
    private IdentityException? _failure;
    private DateTimeOffset _nextTry;
    private int _failures;
    private int _waiting;

    /// <summary>An identity that has no credential yet.</summary>
    /// <param name="config">What it is.</param>
    /// <param name="source">Where its credentials come from.</param>
    /// <param name="events">Told of each attempt.</param>
    /// <param name="time">Clock.</param>
    /// <param name="random">Numbers from 0 to 1 that spread attempts of several gateways.</param>
    public CloudIdentity(IdentityConfig config, ICredentialSource source, IIdentityEvents events, TimeProvider time, Func<double> random)
    {
        (Config, _source, _events, _time, _random) = (config, source, events, time, random);
        _timer = time.CreateTimer(_ => Refresh(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>What it is.</summary>
    public IdentityConfig Config { get; }

    /// <summary>The providers that it is used at.</summary>
    public IReadOnlyList<string> Providers { get; set; } = [];

    /// <summary>The credential that serves now; null when there is none.</summary>
    public MintedCredential? Current => Volatile.Read(ref _current) is { } current && current.IsValid(_time.GetUtcNow()) ? current : null;

    /// <summary>Why the latest attempt failed; null when it did not.</summary>
    public string? Failure => Volatile.Read(ref _failure)?.Reason;

    /// <summary>
    /// The credential, at once where one serves. Throws <see cref="IdentityException"/> when none can be obtained, at once shortly after that has
    /// failed, and <see cref="OperationCanceledException"/> when cancelled.
    /// </summary>
    public ValueTask<MintedCredential> GetAsync(CancellationToken cancellation) => Current is { } current ? new(current)
        : new(WaitAsync(null, cancellation));

    /// <summary>
    /// A provider refuses <paramref name="refused"/>: the credential that came after it, obtained now unless somebody else already did. Throws as
    /// <see cref="GetAsync"/>.
    /// </summary>
    public ValueTask<MintedCredential> RenewAsync(MintedCredential refused, CancellationToken cancellation) => new(WaitAsync(refused, cancellation));

    /// <summary>Begins an attempt in the background, unless one is under way.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            if (!_end.IsCancellationRequested)
            {
                _ = Flight();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_gate)
        {
            _end.Cancel();
            _timer.Dispose();
        }
    }

    private async Task<MintedCredential> WaitAsync(MintedCredential? refused, CancellationToken cancellation)
    {
        Task<MintedCredential> flight;
        lock (_gate)
        {
            if (Current is { } current && current != refused)
            {
                return current;
            }

            if (_flight is null && _failure is { } failure && _time.GetUtcNow() < _nextTry)
            {
                throw failure;
            }

            flight = Flight();
        }

        if (Interlocked.Increment(ref _waiting) > MaxWaiting)
        {
            Interlocked.Decrement(ref _waiting);
            throw new IdentityException("too many requests wait for a credential");
        }

        try
        {
            return await flight.WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    // Within the gate.
    private Task<MintedCredential> Flight()
    {
        if (_flight is null)
        {
            _flight = Task.Run(MintAsync);

            // What nobody waits for has been told to the log.
            _ = _flight.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted,
                TaskScheduler.Default);
        }

        return _flight;
    }

    private async Task<MintedCredential> MintAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(Longest, _time);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, _end.Token);
            MintedCredential minted = await AskAsync(end.Token).ConfigureAwait(false);
            DateTimeOffset now = _time.GetUtcNow();
            if (!minted.IsValid(now))
            {
                throw new IdentityException($"{minted.Source}: the credential has already ended");
            }

            lock (_gate)
            {
                (_failure, _failures, _flight) = (null, 0, null);
                Volatile.Write(ref _current, minted);
                Schedule(Lead(minted, now));
            }

            _events.Minted(this, minted);
            return minted;
        }
        catch (IdentityException failure)
        {
            lock (_gate)
            {
                _failures++;
                double pause = Math.Min(LongestPause.TotalSeconds, FirstPause.TotalSeconds * Math.Pow(2, Math.Min(_failures - 1, 10))) * (
                    0.5 + (0.5 * _random()));
                _nextTry = _time.GetUtcNow() + TimeSpan.FromSeconds(pause);
                (_failure, _flight) = (failure, null);
                Schedule(TimeSpan.FromSeconds(pause));
            }

            if (!_end.IsCancellationRequested)
            {
                _events.Failed(this, failure.Reason, Current is not null);
            }

            throw;
        }
    }

    private async Task<MintedCredential> AskAsync(CancellationToken cancellation)
    {
        try
        {
            return await _source.MintAsync(cancellation).ConfigureAwait(false) ?? throw new IdentityException("nothing gives a credential");
        }
        catch (OperationCanceledException exception)
        {
            throw new IdentityException("no credential in time", exception);
        }
        catch (Exception exception) when (exception is not IdentityException)
        {
            // Whatever it is, waiting requests must hear of it, and its words may hold what no log should.
            throw new IdentityException($"no credential: {exception.GetType().Name}", exception);
        }
    }

    private void Schedule(TimeSpan due)
    {
        if (!_end.IsCancellationRequested)
        {
            _timer.Change(due < FirstPause ? FirstPause : due, Timeout.InfiniteTimeSpan);
        }
    }

    // A fifth of its life ahead of the end, or five minutes where it lasts long enough, and never more than a quarter of an hour; spread a little.
    private TimeSpan Lead(MintedCredential minted, DateTimeOffset now)
    {
        if (minted.Expires is not { } expires)
        {
            return Look;
        }

        TimeSpan life = expires - now;
        TimeSpan lead = TimeSpan.FromTicks(Math.Max(life.Ticks / 5, Math.Min(TimeSpan.FromMinutes(5).Ticks, life.Ticks / 2)));
        lead = lead > LongestLead ? LongestLead : lead;
        TimeSpan due = life - (lead * (1 + (0.1 * _random())));

        // Timers end after 49 days.
        return due > TimeSpan.FromDays(1) ? TimeSpan.FromDays(1) : due;
    }
}
