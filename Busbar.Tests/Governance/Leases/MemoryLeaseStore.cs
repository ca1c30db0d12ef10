using Busbar.Governance.Leases;
using Busbar.Governance.Store;

namespace Busbar.Tests.Governance.Leases;

/// <summary>What the function in PostgreSQL does, in memory, with faults: the model that the engine is tested and simulated against.</summary>
/// <param name="time">The clock of the database.</param>
internal sealed class MemoryLeaseStore(TimeProvider time) : ILeaseStore
{
    private readonly Dictionary<long, Life> _sessions = [];
    private readonly Dictionary<(string Owner, string Key), SortedDictionary<(long Start, long Session), Row>> _rows = [];
    private readonly List<LeaseCall> _late = [];
    private long _last;

    /// <summary>Calls that fail without being carried out.</summary>
    public int Failures { get; set; }

    /// <summary>Calls that are carried out, but whose answer is lost.</summary>
    public int LostAnswers { get; set; }

    /// <summary>Calls that fail, and are carried out by <see cref="ArriveLate"/>.</summary>
    public int Delays { get; set; }

    /// <summary>Calls made.</summary>
    public long Calls { get; private set; }

    /// <summary>Asks in them.</summary>
    public long Asks { get; private set; }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    /// <inheritdoc/>
    public Task<(long Session, long NowMillis)> OpenAsync(TimeSpan term, CancellationToken stop)
    {
        Fail(ref _none, null);
        _sessions[++_last] = new Life { EndsAt = Now + (long)term.TotalMilliseconds };
        return Task.FromResult((_last, Now));
    }

    /// <inheritdoc/>
    public Task<LeaseReply> ExchangeAsync(LeaseCall call, CancellationToken stop)
    {
        bool isLost = LostAnswers > 0;
        Fail(ref isLost, call);
        LeaseReply reply = Run(call) ?? throw new StoreException("a call arrived too late");
        if (isLost)
        {
            LostAnswers--;
            throw new StoreException("the answer was lost");
        }

        return Task.FromResult(reply);
    }

    /// <inheritdoc/>
    public Task CloseAsync(long session, CancellationToken stop)
    {
        Fail(ref _none, null);
        _sessions[session].IsOver = true;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        // Each node has it.
    }

    /// <summary>Carries out what <see cref="Delays"/> held back.</summary>
    public void ArriveLate()
    {
        foreach (LeaseCall call in _late)
        {
            Run(call);
        }

        _late.Clear();
    }

    /// <summary>Used up in one window by all, and what is lent beside it.</summary>
    public (long Used, long Leased) Read(string owner, string key, long start)
    {
        EndSessions();
        long used = 0;
        long leased = 0;
        foreach (((long rowStart, long session), Row row) in Rows(owner, key))
        {
            if (rowStart == start)
            {
                used += row.Used;
                leased += _sessions[session].IsOver ? 0 : Math.Max(0, row.Granted - row.Used);
            }
        }

        return (used, leased);
    }

    private bool _none;

    private void Fail(ref bool isLost, LeaseCall? call)
    {
        Calls++;
        Asks += call?.Asks.Count ?? 0;
        if (Failures > 0)
        {
            Failures--;
            throw new StoreException("the database is away");
        }

        if (call is not null && Delays > 0)
        {
            Delays--;
            _late.Add(call);
            throw new StoreException("no answer in time");
        }
    }

    private LeaseReply? Run(LeaseCall call)
    {
        Life life = _sessions[call.Session];
        if (call.Sequence <= life.Sequence)
        {
            return null;
        }

        EndSessions();
        life.Sequence = call.Sequence;
        life.EndsAt = life.IsOver ? life.EndsAt : Now + (long)call.Term.TotalMilliseconds;
        int nodes = Math.Max(1, _sessions.Values.Count(session => !session.IsOver));
        return new LeaseReply(!life.IsOver, Now, [.. call.Asks.Select(ask => Lend(call.Session, life, ask, nodes))]);
    }

    private LeaseGrant Lend(long session, Life life, in LeaseAsk ask, int nodes)
    {
        SortedDictionary<(long Start, long Session), Row> rows = Rows(ask.Owner, ask.Key);
        long othersUsed = 0;
        long othersLeased = 0;
        foreach (((long start, long holder), Row row) in rows)
        {
            if (start >= ask.From && start <= ask.Start && (start, holder) != (ask.Start, session))
            {
                othersUsed += row.Used;
                othersLeased += _sessions[holder].IsOver ? 0 : Math.Max(0, row.Granted - row.Used);
            }
        }

        long granted = ask.Used;
        if (!life.IsOver)
        {
            long free = ask.Cap - othersUsed - othersLeased;
            long share = ask.Base + (Math.Max(0, free - ask.Base) / (2 * nodes));
            long lent = ask.Least > free ? 0 : Math.Min(free, Math.Max(ask.Need, Math.Min(ask.Target, share)));
            granted = Math.Max(ask.Used, Math.Max(ask.Keep, lent));
        }

        long booked = Math.Min(granted, ask.Book);
        if (life.IsOver)
        {
            booked = Math.Max(ask.Used, Math.Min(ask.Book, rows.GetValueOrDefault((ask.Start, session)).Booked));
        }

        rows[(ask.Start, session)] = new Row(life.IsOver ? booked : ask.Used, granted, booked);
        return new LeaseGrant(granted, othersUsed, othersLeased);
    }

    private SortedDictionary<(long Start, long Session), Row> Rows(string owner, string key)
    {
        if (!_rows.TryGetValue((owner, key), out SortedDictionary<(long Start, long Session), Row>? rows))
        {
            _rows[(owner, key)] = rows = [];
        }

        return rows;
    }

    private void EndSessions()
    {
        HashSet<long> gone = [.. _sessions.Where(session => !session.Value.IsOver && session.Value.EndsAt <= Now).Select(session => session.Key)];
        foreach (long session in gone)
        {
            _sessions[session].IsOver = true;
        }

        foreach (SortedDictionary<(long Start, long Session), Row> rows in gone.Count == 0 ? [] : _rows.Values.AsEnumerable())
        {
            foreach (((long Start, long Session) place, Row row) in rows.ToArray())
            {
                rows[place] = gone.Contains(place.Session) ? row with { Used = Math.Max(row.Used, row.Booked) } : row;
            }
        }
    }

    private sealed class Life
    {
        public long EndsAt;
        public long Sequence;
        public bool IsOver;
    }

    private readonly record struct Row(long Used, long Granted, long Booked);
}
