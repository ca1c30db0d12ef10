using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.RegularExpressions;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>What the providers say they did, for each key and each node: the truth that limits and ledger are held against.</summary>
internal sealed partial class FleetBill
{
    private static readonly SpokenProtocol OpenAI = SpokenProtocol.Of("openai");
    private readonly ConcurrentQueue<(int Key, string Node, long Time)> _served = new();
    private readonly ConcurrentDictionary<int, (int Now, int Most)> _open = new();

    /// <summary>Serves as a provider that fails, hangs up and takes its time at random.</summary>
    public async Task ServeAsync(UpstreamCall call)
    {
        int key = int.Parse(KeyOf().Match(call.Request.Text).Groups[1].Value, null);
        string node = OpenAI.CredentialOf(call.Request)!;
        _open.AddOrUpdate(key, (1, 1), static (_, open) => (open.Now + 1, Math.Max(open.Most, open.Now + 1)));
        try
        {
            await Task.Delay(Random.Shared.Next(15));
            switch (Random.Shared.Next(20))
            {
                case 0:
                    await call.AnswerAsync(500, OpenAI.Error("server_error", "no"));
                    return;
                case 1:
                    call.Reset();
                    return;
            }

            // Before it is sent: what was sent has been counted, whoever reads it.
            _served.Enqueue((key, node, Stopwatch.GetTimestamp()));
            await OpenAI.ServeAsync(call);
        }
        catch (IOException)
        {
            // The node is gone.
        }
        finally
        {
            _open.AddOrUpdate(key, default((int, int)), static (_, open) => (open.Now - 1, open.Most));
        }
    }

    /// <summary>Most requests of <paramref name="key"/> at the same time.</summary>
    public int MaxAtOnce(int key) => _open.GetValueOrDefault(key).Most;

    /// <summary>Answers for these keys, of all nodes.</summary>
    public long Of(IReadOnlyCollection<int> keys) => _served.LongCount(served => keys.Contains(served.Key));

    /// <summary>Those of them that nodes got between the moments at which nobody may have noted them.</summary>
    public long Of(IReadOnlyCollection<int> keys, IReadOnlyCollection<(string Node, long From, long Until)> lost) => _served.LongCount(served =>
        keys.Contains(served.Key) && lost.Any(gap => gap.Node == served.Node && served.Time >= gap.From && served.Time <= gap.Until));

    [GeneratedRegex("key-([0-9]+)-")]
    private static partial Regex KeyOf();
}
