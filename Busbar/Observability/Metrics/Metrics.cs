using System.Globalization;
using System.Text;
using Busbar.Ir;
using Busbar.Reliability;

namespace Busbar.Observability.Metrics;

/// <summary>
/// Everything <c>/metrics</c> shows (control plane, 8.1). Label values are configured names and fixed words only, so the number of series is bounded by
/// the configuration.
/// </summary>
internal sealed class Metrics
{
    /// <summary>Pool label of requests that named nothing known.</summary>
    public const string Unresolved = "unresolved";

    /// <summary>Label values of <see cref="Outcome"/>.</summary>
    public static readonly string[] Outcomes = ["ok", "client_error", "exhausted", "error"];

    /// <summary>Label values of <see cref="FailoverReason"/>.</summary>
    public static readonly string[] FailoverReasons = ["timeout", "attempt_timeout", "connect", "transient_upstream", "hard_down", "context_length"];

    /// <summary>Label values of <see cref="FailureDisposition"/>.</summary>
    public static readonly string[] Dispositions = ["transient_upstream", "hard_down", "context_length", "attempt_timeout"];

    private static readonly string[] LossFields = [.. Enum.GetNames<LossField>().Select(SnakeCase)];

    private readonly Counter?[] _losses = new Counter?[36 * 128];
    private readonly Counter[] _translations = new Counter[36];

    /// <summary>Registers what exists whatever the configuration.</summary>
    public Metrics()
    {
        UnresolvedPool = new PoolMetrics(this, Unresolved, []);
        BillingTruncated.Get();
        AdminRejections.Get();
        foreach (string home in (string[])["directed", "gone", "unknown"])
        {
            FollowUps.Get(home);
        }

        SpansExported.Get();
        SpansDropped.Get();
        WebhookDropped.Get();
        WebhookFailed.Get();
        int count = ProtocolNames.All.Count;
        for (int from = 0; from < count; from++)
        {
            AuthRejections.Get(ProtocolNames.All[from]);
            Shed.Get(ProtocolNames.All[from]);
            for (int to = 0; to < count; to++)
            {
                if (to != from)
                {
                    _translations[(from * count) + to] = Translations.Get(ProtocolNames.All[from], ProtocolNames.All[to]);
                }
            }
        }
    }

    /// <summary>Requests by outcome.</summary>
    public MetricFamily<Counter> Requests { get; } = new("busbar_requests_total", "Requests answered, by client protocol, pool and outcome.", labels => new(labels), "ingress_protocol", "pool", "outcome");

    /// <summary>Upstream calls.</summary>
    public MetricFamily<Counter> Attempts { get; } = new("busbar_upstream_attempts_total", "Calls made to providers.", labels => new(labels), "pool", "lane");

    /// <summary>Failed upstream calls.</summary>
    public MetricFamily<Counter> Failures { get; } = new("busbar_upstream_failures_total", "Provider calls that failed, by what the failure was taken for.", labels => new(labels), "pool", "lane", "disposition");

    /// <summary>Breaker trips.</summary>
    public MetricFamily<Counter> Trips { get; } = new("busbar_breaker_trips_total", "Times a breaker went from closed to open.", labels => new(labels), "pool", "lane");

    /// <summary>Moves to another lane.</summary>
    public MetricFamily<Counter> Failovers { get; } = new("busbar_failovers_total", "Times a request moved to another lane.", labels => new(labels), "pool", "reason");

    /// <summary>Cross-protocol attempts.</summary>
    public MetricFamily<Counter> Translations { get; } = new("busbar_translations_total", "Attempts translated between protocols.", labels => new(labels), "from", "to");

    /// <summary>Refused credentials.</summary>
    public MetricFamily<Counter> AuthRejections { get; } = new("busbar_auth_rejections_total", "Requests refused for their credential.", labels => new(labels), "ingress_protocol");

    /// <summary>Requests turned away because too many were being served.</summary>
    public MetricFamily<Counter> Shed { get; } = new("busbar_shed_total", "Requests turned away because max_inbound_concurrent were being served.", labels => new(labels), "ingress_protocol");

    /// <summary>Requests that go on from what a provider keeps.</summary>
    public MetricFamily<Counter> FollowUps { get; } = new("busbar_followups_total", "Responses requests that go on from an answer or conversation that a provider keeps, by whether it was known which and could be reached.", labels => new(labels), "home");

    /// <summary>Failed logins to the admin API.</summary>
    public MetricFamily<Counter> AdminRejections { get; } = new("busbar_admin_rejections_total", "Calls of the admin API refused for their token.", labels => new(labels));

    /// <summary>Answers too long for their usage to be read.</summary>
    public MetricFamily<Counter> BillingTruncated { get; } = new("busbar_billing_truncated_total", "Answers so long that their token counts could not be read from them.", labels => new(labels));

    /// <summary>Spans a collector took.</summary>
    public MetricFamily<Counter> SpansExported { get; } = new("busbar_otlp_spans_exported_total", "Spans that the collector took.", labels => new(labels));

    /// <summary>Spans that were lost.</summary>
    public MetricFamily<Counter> SpansDropped { get; } = new("busbar_otlp_spans_dropped_total", "Spans that were dropped because the queue was full or the collector did not take them.", labels => new(labels));

    /// <summary>Request logs that were not sent.</summary>
    public MetricFamily<Counter> WebhookDropped { get; } = new("busbar_webhook_logs_dropped_total", "Request logs that were not sent because too many were on their way.", labels => new(labels));

    /// <summary>Request logs that did not arrive.</summary>
    public MetricFamily<Counter> WebhookFailed { get; } = new("busbar_webhook_logs_failed_total", "Request logs that the receiver did not take within its time.", labels => new(labels));

    /// <summary>Requests being served now.</summary>
    public InboundGauge Inbound { get; } = new();

    /// <summary>Where the figures of governance come from; null without governance, whose series are zero then.</summary>
    public IGovernanceFigures? Governance { get; set; }

    /// <summary>Fields lost in translation.</summary>
    public MetricFamily<Counter> Losses { get; } = new("busbar_translation_losses_total", "Request or answer fields dropped or degraded in translation.", labels => new(labels), "from", "to", "field");

    /// <summary>Arrival to response headers.</summary>
    public MetricFamily<Histogram> Duration { get; } = new("busbar_request_duration_seconds", "Time from arrival to response headers.", labels => new(labels), "ingress_protocol", "pool");

    /// <summary>Arrival to first content of a stream.</summary>
    public MetricFamily<Histogram> FirstByte { get; } = new("busbar_first_byte_seconds", "Time from arrival to the first content of a stream.", labels => new(labels), "ingress_protocol", "pool");

    /// <summary>Arrival to the end of a stream.</summary>
    public MetricFamily<Histogram> StreamDuration { get; } = new("busbar_stream_duration_seconds", "Time from arrival to the end of a stream.", labels => new(labels), "ingress_protocol", "pool");

    /// <summary>Counters for requests that named no known pool or model.</summary>
    public PoolMetrics UnresolvedPool { get; }

    /// <summary>Makes (or finds again after a reload) the series of <paramref name="pool"/>.</summary>
    public PoolMetrics ForPool(Pool pool) => new(this, pool.Name, pool.Config.Members.Select(member => member.Target));

    /// <summary>The configured pools, then the direct route of every model.</summary>
    public static IEnumerable<Pool> AllPools(Fleet fleet) => fleet.Pools.Concat(fleet.Direct);

    /// <summary>Counts an attempt between two different protocols.</summary>
    public void CountTranslation(ProtocolId from, ProtocolId to) => _translations[((int)from * ProtocolNames.All.Count) + (int)to].Add();

    /// <summary>Counts each noted loss of one translated request.</summary>
    public void CountLosses(ProtocolId from, ProtocolId to, Losses losses)
    {
        while (losses.TryTake(out LossField field))
        {
            int slot = (((int)from * ProtocolNames.All.Count) + (int)to) * 128 + (int)field;
            (_losses[slot] ??= Losses.Get(from.Name(), to.Name(), LossFields[(int)field])).Add();
        }
    }

    /// <summary>The label value of <paramref name="field"/>.</summary>
    public static string LabelOf(LossField field) => LossFields[(int)field];

    /// <summary>The whole page in the Prometheus text format, version 0.0.4.</summary>
    public string Render(Fleet fleet, IEnumerable<(string Name, string Help, double Value)> processGauges)
    {
        var text = new StringBuilder(16 * 1024);
        Counters(text, Requests);
        Counters(text, Attempts);
        Counters(text, Failures);
        Counters(text, Trips);
        Counters(text, Failovers);
        Counters(text, Translations);
        Counters(text, AuthRejections);
        Counters(text, AdminRejections);
        Counters(text, Shed);
        Counters(text, FollowUps);
        Counters(text, Losses);
        Counters(text, BillingTruncated);
        Counters(text, SpansExported);
        Counters(text, SpansDropped);
        Counters(text, WebhookDropped);
        Counters(text, WebhookFailed);
        Histograms(text, Duration);
        Histograms(text, FirstByte);
        Histograms(text, StreamDuration);
        LaneGauges.Render(text, fleet);
        GovernanceGauges.Render(text, Governance?.Read(GovernanceGauges.MostKeys) ?? new GovernanceFigures());
        Head(text, "busbar_requests_inflight", "Chat requests being served.", "gauge").Append("busbar_requests_inflight ").Append(Inbound.InFlight).Append('\n');
        foreach ((string name, string help, double value) in processGauges)
        {
            Head(text, name, help, name.EndsWith("_total", StringComparison.Ordinal) ? "counter" : "gauge").Append(name).Append(' ').Append(Text(value)).Append('\n');
        }

        return Head(text, "busbar_build_info", "1, with the version.", "gauge").Append("busbar_build_info{version=\"").Append(ProductVersion.Text).Append("\"} 1\n").ToString();
    }

    /// <summary>HELP and TYPE lines.</summary>
    internal static StringBuilder Head(StringBuilder text, string name, string help, string type) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    /// <summary>A number as the format wants it.</summary>
    internal static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static void Counters(StringBuilder text, MetricFamily<Counter> family)
    {
        Head(text, family.Name, family.Help, "counter");
        foreach (Counter counter in family.Series)
        {
            text.Append(family.Name);
            if (counter.Labels.Length > 0)
            {
                text.Append('{').Append(counter.Labels).Append('}');
            }

            text.Append(' ').Append(counter.Value).Append('\n');
        }
    }

    private static void Histograms(StringBuilder text, MetricFamily<Histogram> family)
    {
        Head(text, family.Name, family.Help, "histogram");
        foreach (Histogram histogram in family.Series)
        {
            long below = 0;
            for (int index = 0; index <= Histogram.Bounds.Length; index++)
            {
                below += histogram[index];
                string bound = index < Histogram.Bounds.Length ? Text(Histogram.Bounds[index]) : "+Inf";
                text.Append(family.Name).Append("_bucket{").Append(histogram.Labels).Append(",le=\"").Append(bound).Append("\"} ").Append(below).Append('\n');
            }

            text.Append(family.Name).Append("_sum{").Append(histogram.Labels).Append("} ").Append(Text(histogram.Sum)).Append('\n');
            text.Append(family.Name).Append("_count{").Append(histogram.Labels).Append("} ").Append(below).Append('\n');
        }
    }

    private static string SnakeCase(string name) =>
        string.Concat(name.Select((character, index) => char.IsUpper(character) ? (index > 0 ? "_" : "") + char.ToLowerInvariant(character) : character.ToString()));
}
