using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Busbar.Governance.Store;
using Busbar.Governance.Store.Postgres;
using Busbar.Tests.Governance.Store.Postgres;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Limits.Storm;

/// <summary>
/// Three whole programs that share limits through PostgreSQL, with everything going wrong at once: wave after wave of keys with small caps, with
/// the same troubles again and again. The variable BUSBAR_FLEET_REQUESTS says how many requests at least; without it there is none.
/// </summary>
public sealed class FleetStormScenarios : IDisposable
{
    private const int Nodes = 3;
    private const int ClientsOfNode = 32;
    private const int WavesAtOnce = 3;
    private const int Polls = 16;

    // After so long what a crashed or stopped node had borrowed can be lent to others.
    private static readonly TimeSpan s_tail = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan s_longestTail = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan s_longestWave = TimeSpan.FromMinutes(5);

    private static readonly int s_requests = int.TryParse(Environment.GetEnvironmentVariable("BUSBAR_FLEET_REQUESTS"), NumberStyles.None,
        CultureInfo.InvariantCulture, out int requests) ? requests : 0;

    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("busbar-storm-");
    private readonly StormBook _book = new((s_requests * 2) + 200_000);
    private readonly ConcurrentDictionary<int, StormWave> _waves = new();
    private readonly StormNode[] _nodes = new StormNode[Nodes];
    private readonly Stopwatch _watch = Stopwatch.StartNew();
    private readonly Lock _telling = new();
    private volatile StormWave[] _active = [];

    /// <inheritdoc/>
    public void Dispose() => _directory.Delete(recursive: true);

    [SkippableFact]
    public async Task Whatever_happens_to_nodes_and_database_no_limit_is_passed_and_all_of_each_is_usable()
    {
        Skip.If(s_requests == 0, "BUSBAR_FLEET_REQUESTS is not set");
        _ = PostgresServer.Shared;
        var server = new PostgresServer();
        using var gate = new TcpGate(server.Port);
        using var provider = new StormProvider(_book)
        {
            Under = (number, begins) => WaveOf(_book[number].Key).Under(_book[number].Key % StormWave.Keys, begins),
        };
        provider.Start();
        string url = server.NewDatabase();
        string database = url[(url.LastIndexOf('/') + 1)..];
        PostgresStore.Open(PostgresServer.Config(url), TimeProvider.System).Dispose();
        var trouble = new StormTrouble(_nodes, server, gate, Tell);
        var audit = new StormAudit(_book, trouble, server, database);
        try
        {
            for (int i = 0; i < Nodes; i++)
            {
                _nodes[i] = new StormNode(i, i == 2 ? server.Url(database, port: gate.Port) : url, provider.Address,
                    Path.Combine(_directory.FullName, $"{i}.jsonl"));
                await _nodes[i].StartAsync();
            }

            using var over = new CancellationTokenSource();
            Task[] load = [.. Enumerable.Range(0, Nodes * ClientsOfNode).Select(client => Task.Run(() => LoadAsync(client, over.Token)))];
            Task waves = Task.Run(() => RunWavesAsync(url, audit));
            for (int round = 0; !waves.IsCompleted && (round == 0 || _book.Count < s_requests); round++)
            {
                await trouble.RunAsync(round);
            }

            await waves;
            await over.CancelAsync();
            await Task.WhenAll(load);
            await Eventually.HoldsAsync(async () => (await Task.WhenAll(_nodes.Select(node => node.HoldingAsync()))).FirstOrDefault(held => held
                is not null));
            Assert.Empty(audit.Wrong);
        }
        finally
        {
            Tell(audit.Sum());
            foreach (StormNode? node in _nodes)
            {
                if (node is not null)
                {
                    await node.DisposeAsync();
                }
            }

            server.Dispose();
        }
    }

    private StormWave WaveOf(int key) => _waves[key / StormWave.Keys];

    // What a long run does is to be seen while it does it.
    private void Tell(string what)
    {
        string directory = Path.Combine(Corpus.RepositoryRoot, "artifacts");
        Directory.CreateDirectory(directory);
        lock (_telling)
        {
            File.AppendAllText(Path.Combine(directory, "fleet-storm.log"), $"{_watch.Elapsed:hh\\:mm\\:ss} {_book.Count} requests: {what}\n");
        }
    }

    private async Task RunWavesAsync(string url, StormAudit audit)
    {
        List<Task> tails = [];
        for (int number = 0; _book.Count < s_requests; number++)
        {
            StormWave wave = await MakeAsync(number, url);
            while (_active.Length == WavesAtOnce && _book.Count < s_requests)
            {
                StormWave? done = Array.Find(_active, active => active.Retired > StormWave.Keys * 9 / 10
                    || DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - active.BeganAt > s_longestWave.TotalMilliseconds);
                if (done is not null)
                {
                    _active = [.. _active.Where(active => active != done)];
                    tails.Add(Task.Run(() => EndAsync(done, audit)));
                    break;
                }

                await Task.Delay(50);
            }

            wave.BeganAt = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            _active = [.. _active, wave];
        }

        StormWave[] last = _active;
        _active = [];
        await Task.WhenAll([.. tails, .. last.Select(wave => EndAsync(wave, audit))]);
    }

    // The database may be away at the moment; half a wave is given up.
    private async Task<StormWave> MakeAsync(int number, string url)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                var wave = new StormWave(number, attempt);
                using PostgresStore store = PostgresStore.Open(PostgresServer.Config(url), TimeProvider.System);
                wave.Insert(store);
                _waves[number] = wave;
                await Task.Delay(1200);
                return wave;
            }
            catch (StoreException) when (attempt < 20)
            {
                await Task.Delay(500);
            }
        }
    }

    private async Task LoadAsync(int client, CancellationToken over)
    {
        var random = new Random(client);
        int node = client % Nodes;
        using var http = new HttpClient(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.FromSeconds(5) });
        while (!over.IsCancellationRequested)
        {
            if (_active is not { Length: > 0 } active)
            {
                await Task.Delay(20, CancellationToken.None);
                continue;
            }

            StormWave wave = active[random.Next(active.Length)];
            int key = random.Next(StormWave.Keys);
            for (int tries = 0; tries < 20 && wave.IsRetired(key); tries++)
            {
                key = random.Next(StormWave.Keys);
            }

            int patience = StormWave.IsLeaving(key) ? random.Next(1, 20) : 4000;
            bool isSide = StormWave.IsDraining(key) || random.Next(3) == 0;
            byte session = (byte)Math.Max(0, random.Next(9) - 4);
            int status = await AskAsync(http, node, wave, key, isSide, session, random.Next(10) < 4, patience);
            if (status is 503 or 0 && !StormWave.IsLeaving(key))
            {
                await Task.Delay(50, CancellationToken.None);
            }
        }
    }

    private async Task<int> AskAsync(HttpClient http, int node, StormWave wave, int key, bool isSide, byte session, bool streams, int patience)
    {
        int number = _book.Next();
        wave.Numbers.Enqueue(number);
        var request = new StormRequest { Key = (wave.Number * StormWave.Keys) + key, Node = (byte)node, Start = (byte)_nodes[node].Starts, IsSide =
            isSide, Session = session };
        _book[number] = request;
        using var gone = new CancellationTokenSource(patience);
        int status = 0;
        try
        {
            status = await _nodes[node].AskAsync(http, wave.SecretOf(key), number, request, streams, gone.Token);
        }
        catch (OperationCanceledException)
        {
            _book[number].HasLeft = true;
        }
        catch (Exception problem) when (problem is HttpRequestException or IOException)
        {
            // A node that is gone.
        }

        _book[number].Status = (short)status;
        wave.Note(key, status);
        return status;
    }

    // Every key on every node, until nothing is left to any, and nothing is lent to anybody who is gone.
    private async Task EndAsync(StormWave wave, StormAudit audit)
    {
        long began = Environment.TickCount64;
        long last = began;
        List<int> left = [.. Enumerable.Range(0, StormWave.Keys)];
        while (left.Count > 0 || Environment.TickCount64 - last < s_tail.TotalMilliseconds)
        {
            await PollAsync(left);
            await Task.Delay(2500);
            try
            {
                left = audit.Left(wave);
            }
            catch (Npgsql.NpgsqlException)
            {
                // The database is away.
            }

            if (Environment.TickCount64 - began > s_longestTail.TotalMilliseconds)
            {
                break;
            }
        }

        lock (audit)
        {
            _book.ReadLogs(_nodes.Select(node => node.Log));
            int known = audit.Wrong.Count;
            audit.Wrong.AddRange(left.Select(key => audit.Describe(wave, key)));
            audit.Close(wave);
            audit.Wrong.Skip(known).ToList().ForEach(Tell);
            Tell($"wave {wave.Number} is over after {(DateTimeOffset.UtcNow.ToUnixTimeMilliseconds() - wave.BeganAt) / 1000} s; {audit.Sum()}");
        }

        Task PollAsync(List<int> keys) => Task.WhenAll(Enumerable.Range(0, Polls).Select(poll => Task.Run(async () =>
        {
            using var http = new HttpClient();
            for (int i = poll; i < keys.Count; i += Polls)
            {
                int status;
                do
                {
                    status = await AskAsync(http, Random.Shared.Next(Nodes), wave, keys[i], false, 0, false, 4000);
                    last = status is 429 or 503 ? last : Environment.TickCount64;
                }
                while (status == 200 && !StormWave.IsOfMinutes(keys[i]));
            }
        })));
    }
}
