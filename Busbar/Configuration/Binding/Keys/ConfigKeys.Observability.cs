namespace Busbar.Configuration.Binding.Keys;

internal static partial class ConfigKeys
{
    /// <summary>Traces and request logs.</summary>
    public static readonly KeySet Observability = new(
        "observability",
        new("otlp_endpoint", KeyKind.Text, "Receiver of traces, OTLP over HTTP; `/v1/traces` is added where it is missing")
        {
            Default = "none",
            Range = "https to a public host, or http or https to this machine",
        },
        new("otlp_sample_ratio", KeyKind.Decimal, "Share of traces recorded")
        {
            Min = 0,
            Max = 1,
            Default = "1",
            Range = "0 to 1; a `traceparent` of the client decides instead",
        },
        new("otlp", KeyKind.Text, "How the collector is called")
        {
            Default = "see there",
            Range = "block",
        },
        new("request_log_webhook_url", KeyKind.Text, "Receiver of request logs")
        {
            Default = "none",
            Range = "https to a public host",
        },
        new("request_log_webhook", KeyKind.Text, "How that receiver is called")
        {
            Default = "see there",
            Range = "block",
        },
        new("request_log_file", KeyKind.Text, "File that gets a line of JSON for each request; see [request log](observability.md#request-log)")
        {
            Default = "none",
            Range = "a path whose directory exists, or `stdout`",
        },
        new("alert_webhook_url", KeyKind.Text, "Receiver of [alerts about limits](groups.md#at-the-limit)")
        {
            Default = "none",
            Range = "https to a public host",
        },
        new("alert_webhook", KeyKind.Text, "How that receiver is called")
        {
            Default = "see there",
            Range = "block",
        },
        new("log_format", KeyKind.Word, "Form of log lines")
        {
            Words = ["text", "json"],
            Default = "`text`",
            Range =
                "`text`; `json`: one object a line, and a line for every request. The variable `BUSBAR_LOG_FORMAT` overrides it. A reload leaves "
                + "it as it is",
        });

    /// <summary>How the collector is called.</summary>
    public static readonly KeySet Otlp = new(
        "observability.otlp",
        new("allow_private_network", KeyKind.Switch, "The collector may be in a private network, over http too")
        {
            Default = "`false`",
            Range = "`true`, `false`; metadata and link-local addresses stay closed",
        },
        new("headers", KeyKind.Map, "Headers of each call, such as an API key")
        {
            Default = "none",
            Range = "mapping of header names to values, which are never printed; `Authorization` replaces credentials in the address",
        },
        new("proxy", KeyKind.Text, "The proxy that leads there")
        {
            Default = "from the variables",
            Range = "as for [providers](#proxies)",
        },
        new("tls", KeyKind.Text, "How TLS is spoken there")
        {
            Default = "the machine's authorities, no certificate",
            Range = "block, as for [providers](#providerstls)",
            Block = ClientTls,
        },
        new("metrics_interval_secs", KeyKind.Integer, "Seconds between two exports of the figures of `/metrics` to `/v1/metrics`")
        {
            Min = 0,
            Max = Ranges.MaxSeconds,
            Default = "0: none",
            Range = "0 to 2 147 483",
        });

    /// <summary>How the receiver of request logs is called.</summary>
    public static readonly KeySet RequestLogWebhook = new(
        "observability.request_log_webhook",
        new("allow_private_network", KeyKind.Switch, "The receiver may be on this machine or in a private network, over http too")
        {
            Default = "`false`",
            Range = "as above",
        },
        new("headers", KeyKind.Map, "Headers of each call")
        {
            Default = "none",
            Range = "as above",
        },
        new("proxy", KeyKind.Text, "The proxy that leads there")
        {
            Default = "from the variables",
            Range = "as for [providers](#proxies)",
        },
        new("tls", KeyKind.Text, "How TLS is spoken there")
        {
            Default = "the machine's authorities, no certificate",
            Range = "block, as for [providers](#providerstls)",
            Block = ClientTls,
        });

    /// <summary>How the receiver of alerts is called.</summary>
    public static readonly KeySet AlertWebhook = new(
        "observability.alert_webhook",
        new("allow_private_network", KeyKind.Switch, "The receiver may be on this machine or in a private network, over http too")
        {
            Default = "`false`",
            Range = "as above",
        },
        new("headers", KeyKind.Map, "Headers of each call")
        {
            Default = "none",
            Range = "as above",
        },
        new("proxy", KeyKind.Text, "The proxy that leads there")
        {
            Default = "from the variables",
            Range = "as for [providers](#proxies)",
        },
        new("tls", KeyKind.Text, "How TLS is spoken there")
        {
            Default = "the machine's authorities, no certificate",
            Range = "block, as for [providers](#providerstls)",
            Block = ClientTls,
        });
}
