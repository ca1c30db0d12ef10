using System.Runtime.InteropServices;
using Busbar.Governance.Budgets;

namespace Busbar.Governance.Store;

/// <summary>
/// Settlements added up on the way of their requests, one look-up each: one sum for each key, model, day, window, name asked for and labels, until a
/// flush takes them into <see cref="LedgerSums"/>. Not safe for several threads.
/// </summary>
internal sealed class LedgerPosts
{
    private readonly Dictionary<Place, Sum> _sums = [];

    /// <summary>Whether nothing was posted.</summary>
    public bool IsEmpty => _sums.Count == 0;

    /// <summary>By all of these.</summary>
    public IReadOnlyCollection<Sum> Sums => _sums.Values;

    /// <summary>Takes in what a request cost.</summary>
    public void Add(in ChargedAmount settlement)
    {
        ref Sum sum = ref CollectionsMarshal.GetValueRefOrAddDefault(_sums, new Place(settlement), out bool exists);
        var posted = new Sum(WindowUsage.Of(settlement), DailyUsage.Of(settlement));
        sum = exists ? new Sum(sum.Window.Plus(posted.Window), sum.Day.Plus(posted.Day)) : posted;
    }

    /// <summary>What was posted for one of each.</summary>
    internal readonly record struct Sum(WindowUsage Window, DailyUsage Day);

    private readonly struct Place(in ChargedAmount settlement) : IEquatable<Place>
    {
        // Ids are hexadecimal digits of a hash, but for those that an operator wrote into the file: eight of them tell keys apart.
        private const int Told = 8;

        private readonly string _key = settlement.KeyId;
        private readonly string _model = settlement.Model;
        private readonly long _day = settlement.Day;
        private readonly long _window = settlement.WindowStart;
        private readonly string _asked = settlement.Asked;
        private readonly string _labels = settlement.Labels;

        public bool Equals(Place other) => _day == other._day && _window == other._window && _key == other._key && _model == other._model
            && _asked == other._asked && _labels == other._labels;

        public override bool Equals(object? obj) => obj is Place other && Equals(other);

        public override int GetHashCode()
        {
            // Bounds: AsBytes covers the characters of the span, and Cast leaves out what is no whole number at its end.
            ReadOnlySpan<byte> end = MemoryMarshal.AsBytes(_key.AsSpan(Math.Max(0, _key.Length - Told)));
            ulong hash = (ulong)_model.Length ^ (ulong)_day ^ (ulong)_window ^ ((ulong)_labels.Length << 32);
            foreach (ulong characters in MemoryMarshal.Cast<byte, ulong>(end))
            {
                hash = (hash ^ characters) * 0x9E3779B97F4A7C15;
            }

            return (int)(hash >> 32);
        }
    }
}
