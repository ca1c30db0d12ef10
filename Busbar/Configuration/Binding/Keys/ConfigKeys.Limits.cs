namespace Busbar.Configuration.Binding.Keys;

internal static partial class ConfigKeys
{
    /// <summary>Sizes and times.</summary>
    public static readonly KeySet Limits = new(
        "limits",
        new("request_body_max_bytes", KeyKind.Integer, "Largest request body")
        {
            Min = 1,
            Max = Ranges.MaxBytes,
            Default = "33554432 (32 MiB)",
            Range = "1 to 1 GiB",
        },
        new("memory_max_bytes", KeyKind.Integer, "Memory for all requests in flight: their bodies, and what translation takes beside them")
        {
            Min = 0,
            Max = long.MaxValue,
            Default = "0: three quarters of the control group's limit or the machine's memory",
            Range =
                "0, or at least 16777216 (16 MiB). Beyond it new requests wait two seconds at most, then get 503. A request that is alone is "
                + "always served. Who waits holds no place at a model",
        },
        new("request_body_read_timeout_secs", KeyKind.Integer, "Longest time a client may take to send its body, in all")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "30",
            Range = "at least 1; then the native 408",
        },
        new(
            "client_stall_timeout_secs",
            KeyKind.Integer,
            "Longest time in which a client takes nothing of its answer (64 KiB at least, where there is so much)")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "60",
            Range = "at least 1; then its connection is cut (on HTTP/2 its stream, while others go on), and its lane is free",
        },
        new("header_read_timeout_secs", KeyKind.Integer, "Longest time a client may take to send its headers")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "30",
            Range = "at least 1",
        },
        new("upstream_request_timeout_secs", KeyKind.Integer, "Longest call to a provider that is not a stream")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "300",
            Range = "at least 1; a deadline that is set may end it sooner",
        },
        new("upstream_idle_timeout_secs", KeyKind.Integer, "Longest silence inside a provider's stream")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "300",
            Range = "at least 1",
        },
        new(
            "stream_keepalive_secs",
            KeyKind.Integer,
            
                "Silence of a stream towards its client after which a native keep-alive is written, before the provider's first word as well: "
                + "then status 200 and the headers go first, and an error later is one in the stream")
        {
            Min = 0,
            Max = Ranges.MaxSeconds,
            Default = "10",
            Range =
                "0: never. Bedrock streams get the headers only; an Anthropic client gets a `ping`, a Gemini client a chunk without words, the "
                + "others a comment",
        },
        new("upstream_connect_timeout_secs", KeyKind.Integer, "Longest TCP and TLS handshake with a provider")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "10",
            Range = "at least 1",
        },
        new("upstream_error_body_max_bytes", KeyKind.Integer, "How much of a provider's error is read")
        {
            Min = 1,
            Max = Ranges.MaxBytes,
            Default = "262144 (256 KiB)",
            Range = "1 to 1 GiB",
        },
        new("pool_max_idle_per_host", KeyKind.Integer, "Idle connections kept per provider")
        {
            Min = 1,
            Max = Ranges.MaxItems,
            Default = "64",
            Range = "at least 1",
        },
        new("hard_down_cooldown_secs", KeyKind.Integer, "Cooldown after a refused credential or an unpaid account")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "1800",
            Range = "at least 1",
        },
        new("max_honored_retry_after_secs", KeyKind.Integer, "Longest Retry-After that is believed")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "86400",
            Range = "at least 1",
        },
        new("default_max_tokens", KeyKind.Integer, "Output limit sent to Anthropic when neither caller nor model gives one")
        {
            Min = 1,
            Max = Ranges.MaxTokens,
            Default = "the model's own maximum up to 64000, and 4096 where that is not known",
            Range = "at least 1",
        },
        new(
            "max_inbound_concurrent",
            KeyKind.Integer,
            "Requests in flight above which new ones get 503 at once, with Retry-After 1 and their body unread")
        {
            Min = 0,
            Max = Ranges.MaxItems,
            Default = "0: no limit",
            Range = "at least 0; taken after authentication, and beside `/stats`, `/metrics` (16 at once) and the admin API (32 at once)",
        },
        new(
            "drain_secs",
            KeyKind.Integer,
            "In pools with `on_client_disconnect: drain`: longest time for which a call is read on after its client has left")
        {
            Min = 1,
            Max = Ranges.MaxSeconds,
            Default = "30",
            Range = "at least 1",
        },
        new(
            "shutdown_drain_secs",
            KeyKind.Integer,
            "Longest time a shutdown waits for requests in flight; those left end with an error of their protocol")
        {
            Min = 0,
            Max = Ranges.MaxSeconds,
            Default = "30",
            Range = "at least 0",
        },
        new(
            "ready_delay_secs",
            KeyKind.Integer,
            
                "After SIGTERM, how long `/healthz` answers 503 while requests are still taken, before the port closes: what a load balancer "
                + "needs to notice. SIGINT never waits")
        {
            Min = 0,
            Max = Ranges.MaxSeconds,
            Default = "0",
            Range = "at least 0",
        });
}
