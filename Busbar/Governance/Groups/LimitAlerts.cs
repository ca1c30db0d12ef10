using System.Collections.Concurrent;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;
using Microsoft.Extensions.Logging;

namespace Busbar.Governance.Groups;

/// <summary>
/// Sees to it that each threshold of a limit is told once in a window, whoever else the store belongs to, and also over the end of a process:
/// what nobody said <see cref="Told"/> of is told again by another. But for that, and for <see cref="IsToTell"/>, used by one thread, the ledger's.
/// </summary>
internal sealed partial class LimitAlerts(GroupDirectory groups, KeyDirectory keys, IGovernanceStore store, TimeProvider time, ILogger log)
{
    private const int MaxWaiting = 1000;

    // How often it is looked whether somebody ended before an alert was told.
    private static readonly TimeSpan UntoldInterval = TimeSpan.FromSeconds(5);

    private readonly List<LimitAlert> _waiting = [];
    private readonly ConcurrentQueue<LimitAlert> _told = new();
    private bool _isFirstUnsure;
    private long? _lookedForUntold;

    /// <summary>Is told of each threshold, from the ledger's thread; null while nobody listens.</summary>
    public Action<LimitAlert>? Listener { get; set; }

    /// <summary>
    /// The receiver has <paramref name="alert"/>, or does not want it. That is noted with the next <see cref="Pass"/>, or at once where
    /// <paramref name="atOnce"/> says so, which blocks.
    /// </summary>
    public void Told(in LimitAlert alert, bool atOnce)
    {
        _told.Enqueue(alert);
        if (atOnce)
        {
            NoteTold();
        }
    }

    /// <summary>Whether <paramref name="alert"/> is still to be told, by this process. Blocks.</summary>
    public bool IsToTell(in LimitAlert alert)
    {
        try
        {
            return store.IsToTell(alert);
        }
        catch (StoreException)
        {
            // Rather twice than never.
            return true;
        }
    }

    /// <summary>Passes on the thresholds just reached, and those that processes which have ended could not tell any more. Blocks.</summary>
    public void Pass(List<LimitAlert> reached)
    {
        TellForOthers();
        _waiting.AddRange(reached);
        Tell();
        NoteTold();
    }

    // What the store cannot be asked now is asked again.
    private void Tell()
    {
        while (_waiting.Count > 0)
        {
            LimitAlert alert = _waiting[0];
            try
            {
                if (store.TryNoteAlert(alert, _isFirstUnsure))
                {
                    ThresholdReached(log, alert.Percent, alert.Owner, alert.Limit.Key.TrimEnd('/'));
                    Listener?.Invoke(alert);
                }
            }
            catch (StoreException) when (_waiting.Count < MaxWaiting)
            {
                _isFirstUnsure = true;
                return;
            }
            catch (StoreException)
            {
                // Too many wait for a store that does not come back: the oldest is given up, and the log of the ledger says why.
            }

            _waiting.RemoveAt(0);
            _isFirstUnsure = false;
        }
    }

    private void NoteTold()
    {
        List<LimitAlert> told = [];
        while (_told.TryDequeue(out LimitAlert alert))
        {
            told.Add(alert);
        }

        try
        {
            if (told.Count > 0)
            {
                store.NoteTold(told);
            }
        }
        catch (StoreException)
        {
            // Later.
            told.ForEach(_told.Enqueue);
        }
    }

    private void TellForOthers()
    {
        try
        {
            if (Listener is { } listener && (_lookedForUntold is not { } last || time.GetElapsedTime(last) >= UntoldInterval))
            {
                _lookedForUntold = time.GetTimestamp();
                foreach (UntoldAlert untold in store.TakeUntold())
                {
                    // Of a limit that is no more there is nothing to tell.
                    LimitCounter[] counters = groups.Find(untold.Owner)?.Counters ?? keys.Find(untold.Owner)?.Limits ?? [];
                    if (Array.Find(counters, counter => counter.Key == untold.Key) is { Limit: var limit })
                    {
                        listener(new LimitAlert(untold.Owner, limit, untold.WindowStart, untold.Percent, untold.Used));
                    }
                }
            }
        }
        catch (StoreException)
        {
            // Later.
        }
    }

    [LoggerMessage(43, LogLevel.Warning, "{Percent} % of a limit are used up: {Owner} {Limit} (told once for each window)")]
    private static partial void ThresholdReached(ILogger logger, int percent, string owner, string limit);
}
