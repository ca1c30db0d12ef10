namespace Busbar.Gateway.Attempts;

/// <summary>
/// The cancellation of one request's upstream calls: by the client going away, or by a time limit that each phase sets. The source behind it is
/// kept for the next request unless it fired.
/// </summary>
internal sealed class CallTimer
{
    // Re-arming costs a timer update, so a limit that would be pushed back only a little is left as it is, and set that much longer instead.
    private const long MaxSlackMilliseconds = 1000;

    private CancellationTokenSource _source = new();
    private CancellationTokenRegistration _client;
    private CancellationTokenRegistration _end;
    private CancellationToken _cut;
    private long _armedAt;
    private TimeSpan _armedFor;
    private TimeSpan _grace;
    private long _endsAt;

    /// <summary>The token to pass to upstream calls. Fetch it again after <see cref="Start"/>.</summary>
    public CancellationToken Token => _source.Token;

    /// <summary>Whether it fired, for whatever reason.</summary>
    public bool HasFired => _source.IsCancellationRequested;

    /// <summary>Whether the process went down before the call had ended.</summary>
    public bool IsCut => _cut.IsCancellationRequested;

    /// <summary>Whether calls outlive their client.</summary>
    public bool Drains => _grace > TimeSpan.Zero;

    /// <summary>
    /// Begins an attempt that may take <paramref name="limit"/> at most and ends <paramref name="grace"/> after <paramref name="clientGone"/> fires,
    /// and at once when <paramref name="cut"/> does.
    /// </summary>
    public void Start(TimeSpan limit, CancellationToken clientGone, TimeSpan grace = default, CancellationToken cut = default)
    {
        Unregister();
        if (!_source.TryReset())
        {
            _source.Dispose();
            _source = new CancellationTokenSource();
        }

        _grace = grace;
        Volatile.Write(ref _endsAt, 0);
        Arm(limit);
        _cut = cut;
        _client = clientGone.UnsafeRegister(static state => ((CallTimer)state!).OnClientGone(), this);
        _end = cut.UnsafeRegister(static state => ((CallTimer)state!).Fire(), this);
    }

    /// <summary>Allows <paramref name="limit"/> from now.</summary>
    public void Arm(TimeSpan limit)
    {
        _armedAt = Environment.TickCount64;
        _armedFor = limit;
        CancelAfter(limit);
    }

    /// <summary>Allows <paramref name="limit"/> from now, or at most an eighth of it or a second more; cheap when called often.</summary>
    public void Extend(TimeSpan limit)
    {
        long slack = Math.Min(MaxSlackMilliseconds, (long)limit.TotalMilliseconds / 8);
        if (limit != _armedFor || Environment.TickCount64 - _armedAt > slack)
        {
            _armedAt = Environment.TickCount64;
            _armedFor = limit;
            CancelAfter(limit + TimeSpan.FromMilliseconds(slack));
        }
    }

    /// <summary>Stops the clock while nothing upstream is waited for.</summary>
    public void Disarm()
    {
        CancelAfter(Timeout.InfiniteTimeSpan);
        _armedFor = default;
    }

    /// <summary>Ends what is waited for, now.</summary>
    public void Fire() => _source.Cancel();

    /// <summary>Ends the request: nothing fires any more.</summary>
    public void Reset()
    {
        Unregister();
        if (!_source.TryReset())
        {
            _source.Dispose();
            _source = new CancellationTokenSource();
        }

        _armedFor = default;
        _grace = default;
    }

    private void Unregister()
    {
        _client.Dispose();
        _client = default;
        _end.Dispose();
        _end = default;
        _cut = default;
    }

    private void OnClientGone()
    {
        CancellationTokenSource source = _source;
        if (!Drains)
        {
            source.Cancel();
            return;
        }

        long now = Environment.TickCount64;
        Volatile.Write(ref _endsAt, now + (long)_grace.TotalMilliseconds);

        // A limit that is under way and ends sooner stays as it is.
        if (_armedFor == default || _armedFor.TotalMilliseconds - (now - _armedAt) > _grace.TotalMilliseconds)
        {
            source.CancelAfter(_grace);
        }
    }

    // Nothing moves the end that a client's leaving has set; it may be set while this runs, so it is looked at last.
    private void CancelAfter(TimeSpan limit)
    {
        _source.CancelAfter(limit);
        if (Volatile.Read(ref _endsAt) is not 0 and var end)
        {
            TimeSpan left = TimeSpan.FromMilliseconds(Math.Max(0, end - Environment.TickCount64));
            if (limit == Timeout.InfiniteTimeSpan || left < limit)
            {
                _source.CancelAfter(left);
            }
        }
    }
}
