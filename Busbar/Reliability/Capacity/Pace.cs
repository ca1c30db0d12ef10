namespace Busbar.Reliability.Capacity;

/// <summary>
/// Calls and tokens that a provider allows in a minute. What it counts with, buckets that fill again or minutes of the clock, is not known: in any
/// sixty seconds there are never more than allowed, which suits them all.
/// </summary>
/// <param name="clock">The clock.</param>
internal sealed class Pace(MonotonicClock clock)
{
    // The present second and the sixty before it: one of them may have begun a moment too early to count any more, which is never known.
    private const int Seconds = 61;

    private readonly Lock _lock = new();
    private readonly (long Calls, long Tokens)[] _bySecond = new (long, long)[Seconds];
    private (long Calls, long Tokens) _sum;
    private long _last;
    private long _maxCalls;
    private long _maxTokens;

    /// <summary>Puts limits in force; null for none. What was counted stays counted.</summary>
    public void Limit(long? calls, long? tokens)
    {
        lock (_lock)
        {
            (_maxCalls, _maxTokens) = (calls ?? long.MaxValue, tokens ?? long.MaxValue);
        }
    }

    /// <summary>Whether a call of <paramref name="tokens"/> may begin now.</summary>
    public bool HasRoom(long tokens)
    {
        lock (_lock)
        {
            Advance();
            return Fits(_sum, tokens);
        }
    }

    /// <summary>
    /// Counts a call of <paramref name="tokens"/>, if it may begin now. The second it counts in, for later corrections; -1 when it may not.
    /// </summary>
    public long TryTake(long tokens)
    {
        lock (_lock)
        {
            Advance();
            if (!Fits(_sum, tokens))
            {
                return -1;
            }

            Count(_last, 1, tokens);
            return _last;
        }
    }

    /// <summary>Milliseconds until a call of <paramref name="tokens"/> may begin, as things are now; 0 when it may at once.</summary>
    public long WaitMs(long tokens)
    {
        lock (_lock)
        {
            Advance();
            var left = _sum;
            for (var second = _last - Seconds + 1; second <= _last && !Fits(left, tokens); second++)
            {
                if (second < 0)
                {
                    continue;
                }

                var (calls, used) = _bySecond[second % Seconds];
                left = (left.Calls - calls, left.Tokens - used);
                if (Fits(left, tokens))
                {
                    return Math.Max(1, ((second + Seconds) * 1000) - clock.NowMs);
                }
            }

            return 0;
        }
    }

    /// <summary>
    /// Counts what came of a call that began in the second <paramref name="began"/> beyond what was counted then, or less. What is less is taken off
    /// then; what is more counts from now on.
    /// </summary>
    public void Correct(long began, long calls, long tokens)
    {
        lock (_lock)
        {
            Advance();
            if (calls > 0 || tokens > 0)
            {
                Count(_last, calls, tokens);
            }
            else if (began > _last - Seconds)
            {
                Count(began, calls, tokens);
            }
        }
    }

    // One that is larger than all there is may begin when nothing else is counted.
    private bool Fits((long Calls, long Tokens) sum, long tokens) =>
        sum.Calls < _maxCalls && (sum.Tokens <= 0 || tokens <= _maxTokens - sum.Tokens) && sum.Tokens < _maxTokens;

    private void Count(long second, long calls, long tokens)
    {
        ref var slot = ref _bySecond[second % Seconds];
        slot = (slot.Calls + calls, slot.Tokens + tokens);
        _sum = (_sum.Calls + calls, _sum.Tokens + tokens);
    }

    private void Advance()
    {
        var now = clock.NowMs / 1000;
        for (var second = Math.Max(_last + 1, now - Seconds + 1); second <= now; second++)
        {
            ref var slot = ref _bySecond[second % Seconds];
            _sum = (_sum.Calls - slot.Calls, _sum.Tokens - slot.Tokens);
            slot = default;
        }

        _last = Math.Max(_last, now);
    }
}
