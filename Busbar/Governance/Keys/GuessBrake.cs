using System.Net;
using System.Net.Sockets;

namespace Busbar.Governance.Keys;

/// <summary>
/// Slows down who guesses secrets: beyond <see cref="Free"/> wrong ones a minute from one address, the refusals to it are held back, longer each
/// time. Right secrets are never held, wherever they come from, so that nobody behind a shared address suffers for another. Safe for concurrent
/// calls.
/// </summary>
internal sealed class GuessBrake(TimeProvider time)
{
    /// <summary>Wrong secrets of a minute that cost no time: a client with a forgotten key is no attack.</summary>
    public const int Free = 30;

    /// <summary>Most addresses that are remembered; beyond it the first that failed is forgotten.</summary>
    public const int Capacity = 10_000;

    /// <summary>Longest time that a refusal is held.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromSeconds(2);

    // Refusals held at the same time; who would be the next hears at once, since holding is a cost to this side too.
    private const int MaxHeld = 1000;

    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(125);
    private static readonly double FreePerSecond = Free / 60.0;

    private readonly Dictionary<string, (double Count, long At)> _failures = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private int _held;

    /// <summary>Addresses remembered.</summary>
    public int Count
    {
        get
        {
            lock (_order)
            {
                return _failures.Count;
            }
        }
    }

    /// <summary>Notes a wrong secret from <paramref name="address"/> and waits as long as its refusal is to be held.</summary>
    public async ValueTask HoldAsync(string address, CancellationToken cancellation)
    {
        TimeSpan delay = Failed(address);
        if (delay == TimeSpan.Zero)
        {
            return;
        }

        try
        {
            if (Interlocked.Increment(ref _held) <= MaxHeld)
            {
                await Task.Delay(delay, time, cancellation).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The client did not wait for it.
        }
        finally
        {
            Interlocked.Decrement(ref _held);
        }
    }

    /// <summary>Notes a wrong secret from <paramref name="address"/>; how long its refusal is to be held.</summary>
    public TimeSpan Failed(string address)
    {
        string network = NetworkOf(address);
        long now = time.GetTimestamp();
        double count;
        lock (_order)
        {
            if (!_failures.TryGetValue(network, out (double Count, long At) known))
            {
                known = (0, now);
                _order.Enqueue(network);
            }

            count = Math.Max(0, known.Count - (time.GetElapsedTime(known.At, now).TotalSeconds * FreePerSecond)) + 1;
            _failures[network] = (count, now);
            while (_order.Count > Capacity)
            {
                _failures.Remove(_order.Dequeue());
            }
        }

        return count <= Free ? TimeSpan.Zero : Shorter(First * Math.Pow(2, Math.Min(count - Free - 1, 10)), Longest);
    }

    private static TimeSpan Shorter(TimeSpan left, TimeSpan right) => left < right ? left : right;

    // Who has one IPv6 address has the 2^64 beside it.
    private static string NetworkOf(string address)
    {
        if (!IPAddress.TryParse(address, out IPAddress? parsed))
        {
            return address;
        }

        if (parsed.IsIPv4MappedToIPv6)
        {
            return parsed.MapToIPv4().ToString();
        }

        return parsed.AddressFamily == AddressFamily.InterNetworkV6
            ? new IPAddress([.. parsed.GetAddressBytes().AsSpan(0, 8), 0, 0, 0, 0, 0, 0, 0, 0]).ToString() : address;
    }
}
