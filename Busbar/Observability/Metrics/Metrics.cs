using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;
using Busbar.Ir;
using Busbar.Reliability;
using Busbar.Upstream.Identity;

namespace Busbar.Observability.Metrics;

/// <summary>
/// Everything <c>/metrics</c> shows (control plane, 8.1). Label values are configured names and fixed words only; a series is there once its labels
/// were seen, and the number of all is bounded.
/// </summary>
/// <param name="budget">Bounds the series that are recorded.</param>
/// <param name="meter">Tells whoever listens of durations, which cannot be read off afterwards.</param>
internal sealed class Metrics(SeriesBudget budget, Meter meter)
{
    /// <summary>Most series that are recorded. With the gauges that are read when the page is asked for, 10,000 in all.</summary>
    public const int MaxRecorded = 7_000;

    /// <summary>What all instruments belong to.</summary>
    public const string MeterName = "busbar";

    /// <summary>Pool label of requests that named nothing known.</summary>
    public const string Unresolved = "unresolved";

    /// <summary>Label values of <see cref="Outcome"/>.</summary>
    public static readonly string[] Outcomes = ["ok", "client_error", "exhausted", "error"];

    /// <summary>Label values of <see cref="FailoverReason"/>.</summary>
    public static readonly string[] FailoverReasons = ["timeout", "attempt_timeout", "connect", "transient_upstream", "hard_down", "context_length",
        "model_gone", "declined", "auth_unavailable"];

    /// <summary>Kinds of tokens; each token is of one.</summary>
    public static readonly string[] TokenKinds = ["input", "cache_read", "cache_write", "output", "reasoning"];

    /// <summary>What a failed call was taken for (<c>disposition</c>), by <see cref="FailoverReason"/>.</summary>
    public static readonly string[] Dispositions =
        ["transient_upstream", "attempt_timeout", "transient_upstream", "transient_upstream", "hard_down", "context_length", "model_gone", "declined",
            "auth_unavailable"];

    private static readonly string[] LossFields = [.. Enum.GetNames<LossField>().Select(SnakeCase)];
    private static readonly string[] Faults = [.. Enum.GetNames<FaultClass>().Select(SnakeCase)];
    private static readonly string[] ErrorKinds = [.. Enum.GetNames<ErrorKind>().Select(SnakeCase)];

    private readonly Counter?[] _losses = new Counter?[ProtocolNames.All.Count * ProtocolNames.All.Count * 128];
    private readonly Counter?[] _translations = new Counter?[ProtocolNames.All.Count * ProtocolNames.All.Count];

    /// <summary>Registers the few series that exist from the start, because an alert has to see their first step.</summary>
    /// <param name="maxRecorded">Most series that are recorded.</param>
    public Metrics(int maxRecorded = MaxRecorded)
        : this(new SeriesBudget(maxRecorded), new Meter(MeterName, ProductVersion.Text))
    {
        UnresolvedPool = new PoolMetrics(this, Unresolved, []);
        BillingTruncated.Get();
        AdminRejections.Get();
        LocalExhaustion.Get();
        SpansExported.Get();
        SpansDropped.Get();
        PointsDropped.Get();
        WebhookDelivered.Get();
        WebhookDropped.Get();
        Reloads.Get("ok");
        Reloads.Get("failed");
    }

    /// <summary>Where durations are told.</summary>
    public Meter Meter => meter;

    /// <summary>Requests by outcome.</summary>
    public MetricFamily<Counter> Requests { get; } = new(budget, "busbar_requests_total", "Requests answered, by client protocol, pool and outcome.",
        labels => new(labels), "ingress_protocol", "pool", "outcome");

    /// <summary>Upstream calls.</summary>
    public MetricFamily<Counter> Attempts { get; } = new(budget, "busbar_upstream_attempts_total", "Calls made to providers.", labels => new(labels),
        "pool", "lane");

    /// <summary>Failed upstream calls.</summary>
    public MetricFamily<Counter> Failures { get; } = new(budget, "busbar_upstream_failures_total",
        "Provider calls that failed, by what the failure was taken for.", labels => new(labels), "pool", "lane", "disposition");

    /// <summary>Breaker trips.</summary>
    public MetricFamily<Counter> Trips { get; } = new(budget, "busbar_breaker_trips_total", "Times a breaker went from closed to open.",
        labels => new(labels), "pool", "lane");

    /// <summary>Second calls.</summary>
    public MetricFamily<Counter> Hedges { get; } = new(budget, "busbar_hedges_total", "Second calls beside slow ones, by what came of them.",
        labels => new(labels), "pool", "outcome");

    /// <summary>Moves to another lane.</summary>
    public MetricFamily<Counter> Failovers { get; } = new(budget, "busbar_failovers_total", "Times a request moved to another lane.",
        labels => new(labels), "pool", "reason");

    /// <summary>Cross-protocol attempts.</summary>
    public MetricFamily<Counter> Translations { get; } = new(
        budget, "busbar_translations_total", "Attempts translated between protocols.", labels => new(labels), "from", "to");

    /// <summary>Refused credentials.</summary>
    public MetricFamily<Counter> AuthRejections { get; } = new(
        budget, "busbar_auth_rejections_total", "Requests refused for their credential.", labels => new(labels), "ingress_protocol");

    /// <summary>Refused tokens of issuers.</summary>
    public MetricFamily<Counter> TokenRejections { get; } = new(
        budget, "busbar_token_rejections_total", "Tokens of issuers (auth.jwt) that were refused, by reason.", labels => new(labels), "reason");

    /// <summary>Labels that became <c>other</c>.</summary>
    public MetricFamily<Counter> LabelsBounded { get; } = new(
        budget, "busbar_labels_bounded_total", "Labels of requests that were replaced by other, or left out, because there were too many in a day.",
        labels => new(labels));

    /// <summary>Fetches of issuers' keys.</summary>
    public MetricFamily<Counter> KeySetFetches { get; } = new(
        budget, "busbar_jwks_fetches_total", "Fetches of issuers' public keys, by result.", labels => new(labels), "issuer", "result");

    /// <summary>Requests turned away because too many were being served.</summary>
    public MetricFamily<Counter> Shed { get; } = new(budget, "busbar_shed_total",
        "Requests turned away because max_inbound_concurrent were being served.", labels => new(labels), "ingress_protocol");

    /// <summary>Requests that go on from what a provider keeps.</summary>
    public MetricFamily<Counter> FollowUps { get; } = new(budget, "busbar_followups_total",
        "Responses requests that go on from an answer or conversation that a provider keeps, by whether it was known which and could be reached.",
    labels => new(labels), "home");

    /// <summary>Betas that were left out.</summary>
    public MetricFamily<Counter> DeniedBetas { get; } = new(budget, "busbar_denied_betas_total",
        "Betas that clients asked for and deny_betas of the provider lists.", labels => new(labels), "provider", "beta");

    /// <summary>The gateway's own identities in force; null where there can be none.</summary>
    public Func<IReadOnlyList<CloudIdentity>>? Identities { get; set; }

    /// <summary>Credentials of the gateway's own identities.</summary>
    public MetricFamily<Counter> Credentials { get; } = new(
        budget, "busbar_identity_credentials_total", "Attempts to obtain a credential of the gateway's own identity at a provider, by result.",
        labels => new(labels), "provider", "result");

    /// <summary>Failed logins to the admin API.</summary>
    public MetricFamily<Counter> AdminRejections { get; } = new(
        budget, "busbar_admin_rejections_total", "Calls of the admin API refused for their token.", labels => new(labels));

    /// <summary>Calls that this machine had no descriptor, buffer or port for.</summary>
    public MetricFamily<Counter> LocalExhaustion { get; } = new(
        budget, "busbar_local_exhaustion_total",
    "Calls to providers that could not be made because descriptors, buffers or ports of this machine had run out; no provider is charged.",
    labels => new(labels));

    /// <summary>Answers too long for their usage to be read.</summary>
    public MetricFamily<Counter> BillingTruncated { get; } =
        new(budget, "busbar_billing_truncated_total", "Answers so long that their token counts could not be read from them.", labels => new(labels));

    /// <summary>Spans a collector took.</summary>
    public MetricFamily<Counter> SpansExported { get; } = new(
        budget, "busbar_otlp_spans_exported_total", "Spans that the collector took.", labels => new(labels));

    /// <summary>Spans that were lost.</summary>
    public MetricFamily<Counter> SpansDropped { get; } = new(
        budget, "busbar_otlp_spans_dropped_total", "Spans that were dropped because the queue was full or the collector did not take them.",
    labels => new(labels));

    /// <summary>Exports of figures that failed.</summary>
    public MetricFamily<Counter> PointsDropped { get; } = new(
        budget, "busbar_otlp_metrics_failed_total", "Exports of figures that the collector did not take.", labels => new(labels));

    /// <summary>Request logs that arrived.</summary>
    public MetricFamily<Counter> WebhookDelivered { get; } =
        new(budget, "busbar_webhook_logs_delivered_total", "Request logs that the receiver took.", labels => new(labels));

    /// <summary>Request logs that were lost.</summary>
    public MetricFamily<Counter> WebhookDropped { get; } = new(
        budget, "busbar_webhook_logs_dropped_total", "Request logs that were lost because the queue was full or the receiver did not take them.",
    labels => new(labels));

    /// <summary>Lines of the request log that were written.</summary>
    public MetricFamily<Counter> RequestLinesWritten { get; } =
        new(budget, "busbar_request_log_lines_written_total", "Lines that were written to request_log_file.", labels => new(labels));

    /// <summary>Lines of the request log that were lost.</summary>
    public MetricFamily<Counter> RequestLinesDropped { get; } = new(
        budget, "busbar_request_log_lines_dropped_total",
        "Lines of request_log_file that were lost because it could not be written as fast as they came.", labels => new(labels));

    /// <summary>Tokens of answers.</summary>
    public MetricFamily<Counter> Tokens { get; } = new(budget, "busbar_tokens_total", "Tokens as providers counted them; each is of one kind.",
        labels => new(labels), "pool", "lane", "model", "kind");

    /// <summary>Alerts that arrived.</summary>
    public MetricFamily<Counter> AlertsDelivered { get; } = new(
        budget, "busbar_webhook_alerts_delivered_total", "Alerts that the receiver took.", labels => new(labels));

    /// <summary>Alerts that were lost.</summary>
    public MetricFamily<Counter> AlertsDropped { get; } = new(
        budget, "busbar_webhook_alerts_dropped_total", "Alerts that were lost because the queue was full or the receiver did not take them.",
        labels => new(labels));

    /// <summary>Thresholds of limits that were reached.</summary>
    public MetricFamily<Counter> LimitAlerts { get; } = new(
        budget, "busbar_limit_alerts_total", "Thresholds of limits that were reached, each once for each window.", labels => new(labels), "kind",
        "percent");

    /// <summary>Requests of keys without a price.</summary>
    public MetricFamily<Counter> Unpriced { get; } = new(
        budget, "busbar_unpriced_requests_total", "Requests of virtual keys whose tokens, or the tier that served them, have no known price.",
        labels => new(labels), "pool", "lane", "model");

    /// <summary>What keys were charged, in nano-dollars.</summary>
    public MetricFamily<Counter> Cost { get; } = new(budget, "busbar_cost_cents_total", "Charged to virtual keys, cents.", labels => new(labels),
        "pool", "lane", "model");

    /// <summary>Reloads of the configuration.</summary>
    public MetricFamily<Counter> Reloads { get; } = new(budget, "busbar_config_reloads_total", "Reloads of the configuration, by result.",
        labels => new(labels), "result");

    /// <summary>The configuration in force, and when it was put in force.</summary>
    public ConfigFigures Config { get; } = new();

    /// <summary>Log lines that were lost.</summary>
    public Counter LogDropped { get; init; } = new();

    /// <summary>Requests being served now.</summary>
    public InboundGauge Inbound { get; } = new();

    /// <summary>Memory that requests hold.</summary>
    public MemoryGauge Memory { get; } = new();

    /// <summary>Where the figures of governance come from; null without governance, whose series are zero then.</summary>
    public IGovernanceFigures? Governance { get; set; }

    /// <summary>Fields lost in translation.</summary>
    public MetricFamily<Counter> Losses { get; } = new(budget, "busbar_translation_losses_total",
        "Request or answer fields dropped or degraded in translation.", labels => new(labels), "from", "to", "field");

    /// <summary>Arrival to response headers.</summary>
    public MetricFamily<Histogram> Duration { get; } = Durations(
        budget, meter, "busbar_request_duration_seconds", "Time from arrival to response headers.", "ingress_protocol", "pool");

    /// <summary>Arrival to first content of a stream.</summary>
    public MetricFamily<Histogram> FirstByte { get; } = Durations(
        budget, meter, "busbar_first_byte_seconds", "Time from arrival to the first content of a stream.", "ingress_protocol", "pool");

    /// <summary>Arrival to the end of a stream.</summary>
    public MetricFamily<Histogram> StreamDuration { get; } =
        Durations(budget, meter, "busbar_stream_duration_seconds", "Time from arrival to the end of a stream.", "ingress_protocol", "pool");

    /// <summary>Counters for requests that named no known pool or model.</summary>
    public PoolMetrics UnresolvedPool { get; private init; } = null!;

    /// <summary>The counters of <paramref name="pool"/>; those of a former configuration go on.</summary>
    public PoolMetrics ForPool(Pool pool) => new(this, pool.Name, pool.Members.Select(member => (member.Lane.Name, member.Lane.Model.UpstreamModel)));

    /// <summary>The configured pools, then the direct route of every model.</summary>
    public static IEnumerable<Pool> AllPools(Fleet fleet) => fleet.Pools.Concat(fleet.Direct);

    /// <summary>Counts an attempt between two different protocols.</summary>
    public void CountTranslation(ProtocolId from, ProtocolId to) =>
        (_translations[((int)from * ProtocolNames.All.Count) + (int)to] ??= Translations.Get(from.Name(), to.Name())).Add();

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

    /// <summary>The word for <paramref name="fault"/>.</summary>
    public static string LabelOf(FaultClass fault) => Faults[(int)fault];

    /// <summary>The word for <paramref name="kind"/>.</summary>
    public static string LabelOf(ErrorKind kind) => ErrorKinds[(int)kind];

    /// <summary>Everything but the histograms, as of now.</summary>
    public IReadOnlyList<Figure> Read(Fleet fleet, IEnumerable<Figure> processGauges)
    {
        (IReadOnlyList<Figure> lanes, long leftOut) = LaneGauges.Read(fleet);
        return
        [
            Counters(Requests),
            Counters(Attempts),
            Counters(Failures),
            Counters(Trips),
            Counters(Hedges),
            Counters(Failovers),
            Counters(Translations),
            Counters(AuthRejections),
            Counters(TokenRejections),
            Counters(KeySetFetches),
            Counters(LabelsBounded),
            Counters(RequestLinesWritten),
            Counters(RequestLinesDropped),
            Counters(AdminRejections),
            Counters(Shed),
            Counters(LocalExhaustion),
            Counters(FollowUps),
            Counters(DeniedBetas),
            Counters(Credentials),
            Counters(Losses),
            Counters(BillingTruncated),
            Counters(SpansExported),
            Counters(SpansDropped),
            Counters(PointsDropped),
            Counters(WebhookDelivered),
            Counters(WebhookDropped),
            Counters(Tokens),
            Counters(Cost, Money.NanosPerCent),
            Counters(Unpriced),
            Counters(LimitAlerts),
            Counters(AlertsDelivered),
            Counters(AlertsDropped),
            Counters(Reloads),
            .. lanes,
            .. GovernanceGauges.Read(Governance?.Read(GovernanceGauges.MaxKeys) ?? new GovernanceFigures()),
            Figure.Single("busbar_requests_inflight", "Requests being served.", Inbound.InFlight),
            Figure.Single("busbar_memory_held_bytes", "What requests in flight hold of limits.memory_max_bytes.", Memory.Held),
            Figure.Single("busbar_log_lines_dropped_total", "Log lines that were lost because they could not be written.", LogDropped.Value),
            Figure.Single("busbar_metric_series_hidden", "Series that are not shown because there are too many.", leftOut + budget.Refused),
            IdentityMetrics.Ends(Identities?.Invoke() ?? []),
            .. Config.Read(),
            .. processGauges,
            new Figure("busbar_build_info", "1, with the version.", IsTotal: false,
                [new(1, new KeyValuePair<string, object?>("version", ProductVersion.Text))]),
        ];
    }

    /// <summary>The whole page in the Prometheus text format, version 0.0.4.</summary>
    public string Render(Fleet fleet, IEnumerable<Figure> processGauges)
    {
        var text = new StringBuilder(16 * 1024);
        Histograms(text, Duration);
        Histograms(text, FirstByte);
        Histograms(text, StreamDuration);
        foreach (Figure figure in Read(fleet, processGauges))
        {
            Append(text, figure);
        }

        return text.ToString();
    }

    /// <summary>Appends <paramref name="figure"/> in the Prometheus text format.</summary>
    internal static void Append(StringBuilder text, Figure figure)
    {
        Head(text, figure.Name, figure.Help, figure.IsTotal ? "counter" : "gauge");
        foreach (Measurement<double> point in figure.Points)
        {
            text.Append(figure.Name);
            if (point.Tags.Length > 0)
            {
                text.Append('{').Append(LabelText.Render(point.Tags)).Append('}');
            }

            text.Append(' ').Append(Text(point.Value)).Append('\n');
        }
    }

    private static void Head(StringBuilder text, string name, string help, string type) =>
        text.Append("# HELP ").Append(name).Append(' ').Append(help).Append("\n# TYPE ").Append(name).Append(' ').Append(type).Append('\n');

    private static string Text(double value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static Figure Counters(MetricFamily<Counter> family, double unit = 1) =>
        new(family.Name, family.Help, IsTotal: true, [.. family.Series.Select(
            counter => new Measurement<double>(counter.Value / unit, counter.Labels))]);

    private static MetricFamily<Histogram> Durations(SeriesBudget budget, Meter meter, string name, string help, params string[] labelNames)
    {
        Histogram<double> instrument = meter.CreateHistogram<double>(name, description: help);
        return new MetricFamily<Histogram>(budget, name, help, labels => new Histogram(instrument, labels), labelNames);
    }

    private static void Histograms(StringBuilder text, MetricFamily<Histogram> family)
    {
        Head(text, family.Name, family.Help, "histogram");
        foreach (Histogram histogram in family.Series)
        {
            string labels = LabelText.Render(histogram.Labels);
            long below = 0;
            for (int index = 0; index <= Histogram.Bounds.Length; index++)
            {
                below += histogram[index];
                string bound = index < Histogram.Bounds.Length ? Text(Histogram.Bounds[index]) : "+Inf";
                text.Append(family.Name).Append("_bucket{").Append(labels).Append(",le=\"").Append(bound).Append("\"} ").Append(below).Append('\n');
            }

            text.Append(family.Name).Append("_sum{").Append(labels).Append("} ").Append(Text(histogram.Sum)).Append('\n');
            text.Append(family.Name).Append("_count{").Append(labels).Append("} ").Append(below).Append('\n');
        }
    }

    private static string SnakeCase(string name) =>
        string.Concat(name.Select((character, index) => char.IsUpper(character) ? (index > 0 ? "_" : "") + char.ToLowerInvariant(character)
            : character.ToString()));
}
