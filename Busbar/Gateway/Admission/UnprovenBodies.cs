using Busbar.Gateway.Attempts;

namespace Busbar.Gateway.Admission;

/// <summary>
/// Bodies that are read before their sender has proven anything: of callers whose signature covers a body that the headers say nothing about. They
/// take no slot of proven callers. They are few, have little time, and share a bounded number of bytes; where there are too many, those that hold
/// most make room, so that who dawdles never keeps out who doesn't.
/// </summary>
internal sealed class UnprovenBodies
{
    /// <summary>Most bodies read at once.</summary>
    public const int MaxAtOnce = 16;

    /// <summary>The bytes of all of them together, in bodies of the largest size allowed.</summary>
    public const int MaxInLargestBodies = 2;

    /// <summary>Longest time for one of them.</summary>
    public static readonly TimeSpan MaxTime = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly List<Hold> _holds = new(MaxAtOnce);
    private long _bytes;

    /// <summary>Bodies being read.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _holds.Count;
            }
        }
    }

    /// <summary>
    /// Begins a body of the access key <paramref name="accessKeyId"/>. Starts <paramref name="timer"/>, which fires also when it has to make room for
    /// others.
    /// </summary>
    public Hold Begin(string accessKeyId, long maxBodyBytes, TimeSpan maxTime, CallTimer timer, CancellationToken clientGone)
    {
        timer.Start(maxTime < MaxTime ? maxTime : MaxTime, clientGone);
        var hold = new Hold(this, accessKeyId, maxBodyBytes * MaxInLargestBodies, timer);
        lock (_lock)
        {
            if (_holds.Count >= MaxAtOnce)
            {
                // The oldest of the key that has most: those of other keys, and those that have just come, are the least likely to dawdle.
                string crowd = _holds.CountBy(other => other.AccessKeyId).MaxBy(count => count.Value).Key;
                Displace(_holds.First(other => other.AccessKeyId == crowd));
            }

            _holds.Add(hold);
        }

        return hold;
    }

    private bool Grow(Hold hold, long bytes)
    {
        lock (_lock)
        {
            if (hold.IsDisplaced)
            {
                return false;
            }

            _bytes += bytes - hold.Bytes;
            hold.Bytes = bytes;
            while (_bytes > hold.MaxBytes)
            {
                Hold largest = _holds.MaxBy(other => other.Bytes)!;
                Displace(largest);
                if (largest == hold)
                {
                    return false;
                }
            }

            return true;
        }
    }

    private void Displace(Hold hold)
    {
        Remove(hold);
        hold.IsDisplaced = true;
        hold.Timer.Fire();
    }

    private void Remove(Hold hold)
    {
        if (_holds.Remove(hold))
        {
            _bytes -= hold.Bytes;
        }
    }

    /// <summary>One body's place.</summary>
    internal sealed class Hold(UnprovenBodies owner, string accessKeyId, long maxBytes, CallTimer timer) : IDisposable
    {
        /// <summary>Who claims to send it.</summary>
        public string AccessKeyId => accessKeyId;

        /// <summary>What all bodies may hold together.</summary>
        public long MaxBytes => maxBytes;

        /// <summary>Ends its reading.</summary>
        public CallTimer Timer => timer;

        /// <summary>What it holds.</summary>
        public long Bytes { get; set; }

        /// <summary>Whether it had to make room.</summary>
        public bool IsDisplaced { get; set; }

        /// <summary>Says that it is to hold <paramref name="bytes"/> from now on. False when it has to end instead.</summary>
        public bool TryGrow(long bytes) => owner.Grow(this, bytes);

        /// <summary>Gives the place back.</summary>
        public void Dispose()
        {
            lock (owner._lock)
            {
                owner.Remove(this);
            }
        }
    }
}
