using System.Globalization;
using Busbar.Governance.Groups;
using Busbar.Tests.Governance.Store.Postgres;
using Npgsql;

namespace Busbar.Tests.Scenarios.Limits.Storm;

/// <summary>
/// Holds what the provider reported, what the request log says and what the database counts against each other, request by request.
/// </summary>
internal sealed class StormAudit(StormBook book, StormTrouble trouble, PostgresServer server, string database)
{
    private const long Cent = 10_000_000;

    // So long before it crashed a node may have kept to itself what it had done.
    private const long Unsaid = 3000;

    private long _reported;
    private long _charged;
    private int _served;
    private int _arrived;
    private int _refused;
    private int _crashed;
    private int _left;
    private int _leftUncharged;
    private int _drained;
    private long _leftLess;
    private long _leftMore;
    private int _broken;
    private int _late;
    private int _keys;
    private int _keysOff;
    private int _limits;
    private int _beyond;
    private long _booked;
    private long _capSum;
    private long _usedSum;
    private long _reallySum;

    /// <summary>What was found wrong.</summary>
    public List<string> Wrong { get; } = [];

    /// <summary>The keys of a wave to which something is left though all should be used up.</summary>
    public List<int> Left(StormWave wave)
    {
        Dictionary<(string Owner, string Key), long> used = Used(wave);
        return [.. Enumerable.Range(0, StormWave.Keys).Where(key => !StormWave.IsOfMinutes(key) && !wave.Limits.Any(limit => limit.Limit.Scope is null
            && limit.Keys.Contains(key) && limit.IsUsedUp(used.GetValueOrDefault((limit.Owner, limit.Limit.Key)))))];
    }

    /// <summary>What the limits of a key say.</summary>
    public string Describe(StormWave wave, int key)
    {
        Dictionary<(string Owner, string Key), long> used = Used(wave);
        return $"wave {wave.Number}: something is left to key {key}: " + string.Join(", ", wave.Limits.Where(limit => limit.Keys.Contains(key))
            .Select(limit => $"{limit.Owner} {limit.Limit.Key} {used.GetValueOrDefault((limit.Owner, limit.Limit.Key))} of {limit.Limit.Max}"));
    }

    /// <summary>Looks through all of a wave that is over.</summary>
    public void Close(StormWave wave)
    {
        int[] numbers = [.. wave.Numbers];
        var requests = Array.ConvertAll(numbers, number => book[number]);
        Dictionary<(string Owner, string Key), long> used = Used(wave);
        _arrived += requests.Count(request => request.ArrivedAt > 0);
        _served += requests.Count(request => request.Status == 200);
        _refused += requests.Count(request => request.Status == 429);
        foreach (int number in numbers)
        {
            Look(wave, number);
        }

        bool isQuiet = !trouble.Crashes.Values.Any(at => at > wave.BeganAt - Unsaid)
            && !trouble.Stops.Any(stop => stop.Until > wave.BeganAt - Unsaid);
        foreach (StormLimit limit in wave.Limits)
        {
            Judge(limit, [.. requests.Where(request => limit.Keys.Contains(request.Key % StormWave.Keys) && limit.Counts(request.IsSide))],
                used.GetValueOrDefault((limit.Owner, limit.Limit.Key)), isQuiet);
        }

        Wrong.AddRange(wave.PassedAtOnce());
        Wrong.AddRange(wave.PassedCounts(requests, request => trouble.Stops.Any(stop => stop.Node == request.Node
            && request.ArrivedAt >= stop.Until - 100 && request.ArrivedAt < stop.Until + 2500)));
        Bill(wave, requests);
    }

    /// <summary>What was seen.</summary>
    public string Sum() => string.Create(
        CultureInfo.InvariantCulture,
        $"{_arrived} requests at the provider, {_served} served, {_refused} refused; {_limits} limits, at the provider beyond the cap: {_beyond}; reported " +
        $"{_reported} cents, charged {_charged}; in a crash: {_crashed}, client left: {_left} (of which {_leftUncharged} charged nothing, {_leftLess} cents less and {_leftMore} more than reported; {_drained} were read on for nobody and are in the ledger), broken off: " +
        $"{_broken}, under way on a stopped node: {_late}; keys {_keys}, of which {_keysOff} with another sum in the ledger than at the provider; booked for " +
        $"crashed nodes beyond what they did: {_booked} units; of the limits that held keys {_usedSum} of {_capSum} ({100.0 * _usedSum / Math.Max(1, _capSum):F2} %) " +
        $"count as used, {100.0 * _reallySum / Math.Max(1, _capSum):F2} % were; most at once of a team {_mostOfTeam}; wrong: {Wrong.Count}");

    private int _mostOfTeam;

    private Dictionary<(string Owner, string Key), long> Used(StormWave wave)
    {
        Dictionary<(string, string), long> used = [];
        Read(
            "SELECT owner, limit_key, sum(used)::bigint FROM busbar.limit_counters WHERE owner = ANY ($1) GROUP BY 1, 2",
            wave.Limits.Select(limit => limit.Owner).Distinct().ToArray(),
            row => used[(row.GetString(0), row.GetString(1))] = row.GetInt64(2)
                / (row.GetString(1).Contains("budget", StringComparison.Ordinal) ? Cent : 1));
        return used;
    }

    private void Read(string sql, string[] owners, Action<NpgsqlDataReader> each)
    {
        using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={server.Port};Username=owner;Database={database};Pooling=false");
        connection.Open();
        using var command = new NpgsqlCommand(sql, connection) { Parameters = { new NpgsqlParameter { Value = owners } } };
        using NpgsqlDataReader row = command.ExecuteReader();
        while (row.Read())
        {
            each(row);
        }
    }

    // A node whose process was killed soon after.
    private bool IsCrashed(in StormRequest request) => !request.IsLogged
        && trouble.Crashes.TryGetValue((request.Node, request.Start), out long at) && at - request.DoneAt < Unsaid;

    private bool IsLate(StormRequest request) => trouble.Stops.Any(stop => stop.Node == request.Node && stop.Until - stop.From > 12_000
        && request.ArrivedAt <= stop.From + 100 && (!request.IsLogged || request.EndedAt >= stop.Until - 100));

    private static bool IsOff(in StormRequest request) => request.Reported > 0
        && (!request.IsLogged || request.Charged != request.Reported + StormWave.Fee);

    // Every difference between provider and request log has a reason, or is wrong.
    private void Look(StormWave wave, int number)
    {
        StormRequest request = book[number];
        _reported += request.Reported > 0 ? request.Reported + StormWave.Fee : 0;
        _charged += request.Charged;
        if (request.Made > 0 && request.Reported == 0 && !request.HasLeft)
        {
            _broken++;
        }

        if (request.HasLeft && request.Made > 0 && !(request.IsLogged && StormWave.IsDraining(request.Key % StormWave.Keys)))
        {
            _left++;
            int reported = request.Reported > 0 ? request.Reported + StormWave.Fee : 0;
            _leftLess += Math.Max(0, reported - request.Charged);
            _leftMore += Math.Max(0, request.Charged - reported);
            _leftUncharged += request.Charged == 0 ? 1 : 0;
        }
        else if (IsCrashed(request) && request.Reported > 0)
        {
            _crashed++;
        }
        else if (IsOff(request))
        {
            if (IsLate(request))
            {
                _late++;
                return;
            }

            Wrong.Add($"wave {wave.Number}: request {number}, key {request.Key % StormWave.Keys}, node {request.Node}.{request.Start}: reported {request.Reported}, " +
                $"charged {request.Charged} ({request.ChargedTokens} tokens), logged {request.IsLogged} {request.Outcome}, client {request.Status}");
        }
    }

    private void Judge(StormLimit limit, StormRequest[] requests, long used, bool isQuiet)
    {
        _limits++;
        long cap = limit.Limit.Max;
        long reported = 0;
        long charged = 0;
        long crashed = 0;
        long excused = 0;
        foreach (StormRequest request in requests)
        {
            bool counts = limit.Limit.Kind == LimitKind.Requests ? request.ArrivedAt > 0 : request.Reported > 0;
            long units = counts ? limit.UnitsOf(request.Reported) : 0;
            long noted = limit.Limit.Kind switch { LimitKind.Budget => request.Charged, LimitKind.Tokens => request.ChargedTokens, _ => units };
            reported += units;
            charged += noted;
            bool isCrashed = IsCrashed(request);
            crashed += isCrashed && limit.Limit.Kind != LimitKind.Requests ? units : 0;
            excused += limit.Limit.Kind == LimitKind.Requests || isCrashed ? 0
                : request.HasLeft ? Math.Max(0, units - noted) : IsLate(request) ? units : 0;
        }

        string what = $"{limit.Owner} {limit.Limit.Key}: cap {cap}, in the database {used}, reported {reported}, logged {charged}, in crashes {crashed}, " +
            $"of clients that left or nodes that were stopped {excused}";
        _beyond += reported > cap ? 1 : 0;
        if (reported - excused > cap || used > cap + excused)
        {
            Wrong.Add("passed: " + what);
        }

        if (used < charged + crashed)
        {
            Wrong.Add("forgotten: " + what);
        }

        long more = used - charged - crashed;
        if (isQuiet && more != 0 && limit.Limit.Kind != LimitKind.Requests)
        {
            Wrong.Add("more than was charged: " + what);
        }

        _booked += limit.Limit.Kind == LimitKind.Requests ? 0 : Math.Max(0, more);
        if (limit.IsUsedUp(used))
        {
            _capSum += cap;
            _usedSum += used;
            _reallySum += limit.Limit.Kind == LimitKind.Requests ? reported : charged + crashed;
        }
    }

    // The ledger by key and day, held against what the provider reported.
    private void Bill(StormWave wave, StormRequest[] requests)
    {
        Dictionary<string, long> billed = [];
        Read("SELECT key_id, sum(spend_nanos)::bigint FROM busbar.usage_daily WHERE key_id = ANY ($1) GROUP BY 1",
            [.. Enumerable.Range(0, StormWave.Keys).Select(wave.IdOf)], row => billed[row.GetString(0)] = row.GetInt64(1) / Cent);
        _mostOfTeam = Math.Max(_mostOfTeam, wave.MostOfTeam);
        foreach (IGrouping<int, StormRequest> key in requests.GroupBy(request => request.Key % StormWave.Keys))
        {
            _keys++;
            long noted = billed.GetValueOrDefault(wave.IdOf(key.Key));
            long reported = key.Sum(request => request.Reported > 0 ? request.Reported + StormWave.Fee : 0);
            long logged = key.Sum(request => (long)request.Charged);
            _keysOff += noted != reported ? 1 : 0;

            // The last quarter of a second of a node that was killed is in the log, or in the ledger, or in both, or in neither.
            long unsure = key.Where(request => trouble.Crashes.TryGetValue((request.Node, request.Start), out long at) && at - Math.Max(
                request.DoneAt, request.EndedAt) < Unsaid).Sum(request => (long)Math.Max(request.Charged, request.Reported + StormWave.Fee));
            // In the request log an answer that nobody waited for has no name.
            StormRequest[] unnamed = !StormWave.IsDraining(key.Key) ? []
                : [.. key.Where(request => request is { HasLeft: true, IsLogged: false, Made: > 0 })];
            logged += unnamed.Sum(request => request.Reported > 0 ? request.Reported + StormWave.Fee : 0);
            unsure += unnamed.Count(request => request.Reported == 0) * StormWave.Fee;
            _drained += unnamed.Length;
            if (Math.Abs(noted - logged) > unsure)
            {
                Wrong.Add($"wave {wave.Number}: key {key.Key}: {noted} in the ledger, {logged} in the request log, {reported} reported, {unsure} unsure");
            }
        }
    }
}
