using System.Text;
using Busbar.Configuration.Model;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Observability.Metrics;
using Busbar.Reliability;
using Busbar.Tests.Configuration;
using Registry = Busbar.Observability.Metrics.Metrics;

namespace Busbar.Tests.Observability.Metrics;

public sealed class SeriesTests
{
    [Fact]
    public void An_idle_page_of_100_models_and_20_pools_is_at_most_200_kilobytes()
    {
        Fleet fleet = Fleet.Create(Configured(models: 100, pools: 20, members: 100), TimeProvider.System);
        var metrics = new Registry();
        foreach (Pool pool in Registry.AllPools(fleet))
        {
            metrics.ForPool(pool);
        }

        Assert.InRange(Encoding.UTF8.GetByteCount(metrics.Render(fleet, ProcessGauges.Read())), 1, 200 * 1024);
    }

    [Fact]
    public void There_are_never_more_than_10000_series_and_those_left_out_are_counted()
    {
        Fleet fleet = Fleet.Create(Configured(models: 200, pools: 20, members: 200), TimeProvider.System);
        var metrics = new Registry { Governance = new FixedFigures(new GovernanceFigures()) };
        foreach (Pool pool in Registry.AllPools(fleet))
        {
            PoolMetrics counters = metrics.ForPool(pool);
            for (int protocol = 0; protocol < ProtocolNames.All.Count; protocol++)
            {
                counters.Duration((ProtocolId)protocol, TimeSpan.Zero);
                counters.Request((ProtocolId)protocol, Outcome.Ok);
            }
        }

        string page = metrics.Render(fleet, ProcessGauges.Read());
        Assert.InRange(page.Split('\n').Count(line => line.Length > 0 && line[0] != '#'), 5_000, 10_000);
        Assert.Matches("\nbusbar_metric_series_hidden [1-9]", page);
    }

    [Fact]
    public void Once_its_labels_were_seen_a_series_is_moved_without_allocating()
    {
        Fleet fleet = Fleet.Create(Configured(models: 2, pools: 1, members: 2), TimeProvider.System);
        PoolMetrics counters = new Registry().ForPool(fleet.Pools[0]);
        LaneMetrics lane = counters.Lane("model-0");
        void Move()
        {
            counters.Request(ProtocolId.Gemini, Outcome.Ok);
            counters.Duration(ProtocolId.Gemini, TimeSpan.FromSeconds(1));
            counters.Failover(FailoverReason.Connect);
            lane.Attempts.Add();
            lane.Failure(FailoverReason.HardDown);
            lane.Tokens(new Usage { Input = 1, CacheRead = 1, CacheWrite = 1, Output = 2, Reasoning = 1 });
            lane.Cost(1);
        }

        Move();
        Assert.Equal(0, Allocations.Least(Move));
    }

    private static GatewayConfig Configured(int models, int pools, int members)
    {
        var text = new StringBuilder(
            "auth: { mode: token, client_tokens: [t] }\nproviders: { p: { protocol: openai, base_url: \"https://api.example.com\", api_key_env: " +
            "PATH } }\nmodels:\n");
        for (int model = 0; model < models; model++)
        {
            text.Append($"  model-{model}: {{ provider: p, max_concurrent: 10 }}\n");
        }

        text.Append("pools:\n");
        for (int pool = 0; pool < pools; pool++)
        {
            text.Append($"  pool-{pool}: {{ members: " +
                $"[ {string.Join(", ", Enumerable.Range(0, members).Select(model => $"{{ target: model-{model} }}"))} ] }}\n");
        }

        return ConfigText.Valid(text.ToString());
    }
}
