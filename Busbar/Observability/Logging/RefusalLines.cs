namespace Busbar.Observability.Logging;

/// <summary>
/// Decides which refusals leave a line: at most one a second for each address. What is remembered is bounded, whatever the number of addresses.
/// </summary>
internal sealed class RefusalLines(TimeProvider time)
{
    /// <summary>Addresses that are told apart at one time; all others share one line a second.</summary>
    public const int MaxAddresses = 1024;

    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, (long LoggedAt, long Unlogged)> _addresses = new(StringComparer.Ordinal);

    /// <summary>Whether a refusal at <paramref name="now"/> leaves a line, and how many before it did not.</summary>
    public bool IsDue(string address, long now, out long unlogged)
    {
        lock (_addresses)
        {
            if (!_addresses.ContainsKey(address) && _addresses.Count >= MaxAddresses)
            {
                Forget(now);
                address = _addresses.Count >= MaxAddresses ? "" : address;
            }

            unlogged = 0;
            if (_addresses.TryGetValue(address, out var known))
            {
                unlogged = known.Unlogged;
                if (time.GetElapsedTime(known.LoggedAt, now) < Interval)
                {
                    _addresses[address] = known with { Unlogged = unlogged + 1 };
                    return false;
                }
            }

            _addresses[address] = (now, 0);
            return true;
        }
    }

    private void Forget(long now)
    {
        foreach ((string address, var known) in _addresses)
        {
            if (time.GetElapsedTime(known.LoggedAt, now) >= Interval)
            {
                _addresses.Remove(address);
            }
        }
    }
}
