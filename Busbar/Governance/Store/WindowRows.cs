using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;

namespace Busbar.Governance.Store;

/// <summary>
/// The current budget windows of keys, as rows of <c>usage_counters</c> bring them: in the order of ids, which is none for the keys. Rows are matched
/// some at a time, so that the processor waits for the memory of many at once.
/// </summary>
internal sealed class WindowRows
{
    private const int AtOnce = 256;
    private const long None = -1;
    private const long Unreadable = -2;

    private readonly List<VirtualKey> _keys;
    private readonly KeyIdHashTable _positions;
    private readonly BudgetPeriod[] _periods;
    private readonly Sums[] _sums;
    private readonly (KeyIdHashTable.Id Key, long Start, Sums Sums)[] _waiting = new (KeyIdHashTable.Id, long, Sums)[AtOnce];
    private readonly int[] _found = new int[AtOnce];
    private int _count;

    /// <summary>Prepares for windows of <paramref name="keys"/> that are current at <paramref name="now"/>, an epoch second.</summary>
    public WindowRows(List<VirtualKey> keys, long now)
    {
        Day = BudgetWindow.StartOf(BudgetPeriod.Daily, now);
        Month = BudgetWindow.StartOf(BudgetPeriod.Monthly, now);
        _keys = keys;
        _positions = new KeyIdHashTable(keys.Count);
        _periods = new BudgetPeriod[keys.Count];
        _sums = new Sums[keys.Count];
        for (int i = 0; i < keys.Count; i++)
        {
            _positions.Add(keys[i].Id);
            _periods[i] = keys[i].Period;
        }

        Array.Fill(_sums, new Sums(0, 0, None));
    }

    /// <summary>Start of the day, epoch second.</summary>
    public long Day { get; }

    /// <summary>Start of the month, epoch second.</summary>
    public long Month { get; }

    /// <summary>Takes in a row.</summary>
    public void Add(IStoreRow row)
    {
        bool isSound = row.TryCount(2, out long spent) & row.TryCount(3, out long tokens) & row.TryCount(4, out long requests);
        _waiting[_count++] = (_positions.IdOf(row.Utf8(0)), row.Count(1), new Sums(spent, tokens, isSound ? requests : Unreadable));
        if (_count == AtOnce)
        {
            Match();
        }
    }

    /// <summary>To be called after the last row. Ids of keys whose window makes no sense.</summary>
    public List<string> End()
    {
        Match();
        var unreadable = new List<string>();
        for (int i = 0; i < _sums.Length; i++)
        {
            if (_sums[i].Requests == Unreadable)
            {
                unreadable.Add(_keys[i].Id);
            }
        }

        return unreadable;
    }

    /// <summary>The windows, in the order of their keys; made again each time they are asked for, since a start needs each for a moment.</summary>
    public IEnumerable<WindowUsage> Windows()
    {
        for (int i = 0; i < _sums.Length; i++)
        {
            Sums sums = _sums[i];
            if (sums.Requests >= 0)
            {
                yield return new WindowUsage(_keys[i].Id, StartOf(_periods[i]), sums.Spent, sums.Tokens, sums.Requests);
            }
        }
    }

    private void Match()
    {
        for (int i = 0; i < _count; i++)
        {
            _found[i] = _positions.Find(_waiting[i].Key);
        }

        for (int i = 0; i < _count; i++)
        {
            int position = _found[i];
            if (position >= 0 && StartOf(_periods[position]) == _waiting[i].Start)
            {
                _sums[position] = _waiting[i].Sums;
            }
        }

        _count = 0;
    }

    private long StartOf(BudgetPeriod period) => period switch { BudgetPeriod.Daily => Day, BudgetPeriod.Monthly => Month, _ => 0 };

    private readonly record struct Sums(long Spent, long Tokens, long Requests);
}
