namespace Busbar.Configuration.Binding.Keys;

internal static partial class ConfigKeys
{
    /// <summary>Top level of the deployment file.</summary>
    public static readonly KeySet Root = new(
        "",
        new("listen", KeyKind.TextOrTexts, "Address of the port for clients, or a list of them")
        {
            NeedsRestart = true,
            Default = "`0.0.0.0:8080`",
            Range =
                "`host:port`; the host is an IPv4 address, an IPv6 address in brackets (`[::]` serves both families), or `localhost` (both "
                + "families)",
        },
        new(
            "reuse_port",
            KeyKind.Switch,
            "Whether another process may listen on the same addresses (`SO_REUSEPORT`), so that a new version can start before the old one stops")
        {
            NeedsRestart = true,
            Default = "`false`",
            Range = "`true` or `false`",
        },
        new("cors", KeyKind.Text, "Pages that may call from a browser")
        {
            Default = "none may",
            Range = "block",
        },
        new("tls", KeyKind.Text, "Certificate of that port")
        {
            Default = "none: plain text",
            Range = "block",
        },
        new("auth", KeyKind.Text, "Who may call")
        {
            Default = "everybody, with a loud warning",
            Range = "block",
        },
        new("providers", KeyKind.Text, "Where models live")
        {
            IsRequired = true,
            Default = "required",
            Range = "mapping of names",
        },
        new("models", KeyKind.Text, "What clients may ask for")
        {
            IsRequired = true,
            Default = "required",
            Range = "mapping of names",
        },
        new("pools", KeyKind.Text, "Models that stand in for each other")
        {
            Default = "none",
            Range = "mapping of names",
        },
        new("limits", KeyKind.Text, "Sizes and times")
        {
            Default = "see there",
            Range = "block",
        },
        new("governance", KeyKind.Text, "Virtual keys, budgets, admin API")
        {
            Default = "off",
            Range = "block",
        },
        new("attribution", KeyKind.Text, "What requests say of what they are for: labels, users, sessions")
        {
            Default = "see there",
            Range = "block",
        },
        new("observability", KeyKind.Text, "Traces and request logs")
        {
            Default = "off",
            Range = "block",
        },
        new("response_headers", KeyKind.Word, "Which headers of this product clients see")
        {
            Words = ["none", "debug"],
            Default = "`none`",
            Range =
                "`none`; `debug` adds `x-busbar-request-id`, `x-busbar-lane` (the model that answered), `x-busbar-choice` (why it was that one), "
                + "`x-busbar-attempts` and `x-busbar-ms` (arrival to headers)",
        },
        new("user_agent", KeyKind.Text, "User agent of calls to providers")
        {
            Default = "`busbar/<version>`",
            Range = "a legal header value",
        },
        new(
            "control_socket",
            KeyKind.Text,
            "Path of a socket for `busbar status` and `busbar lanes` on this machine, open to the process's user and root only")
        {
            NeedsRestart = true,
            Default = "`control.sock` in the unit's `RuntimeDirectory=`; none without one",
            Range =
                "an absolute path of at most 96 bytes, in a directory that the process may write to; taken over from another process only with "
                + "`reuse_port`",
        },
        new(
            "trusted_proxies",
            KeyKind.Texts,
            
                "Proxies whose `X-Forwarded-For` or `Forwarded` is believed about where a request came from: in the log, in the audit log, and "
                + "where wrong tokens are slowed")
        {
            Default = "none",
            Range = "list of IP addresses and networks such as `10.0.0.0/8`; see [observability](observability.md#behind-a-proxy)",
        });

    /// <summary>The listener's certificate.</summary>
    public static readonly KeySet Tls = new(
        "tls",
        new("cert_file", KeyKind.Text, "PEM file with the certificate and its chain")
        {
            IsRequired = true,
            Default = "required",
            Range = "must be readable",
        },
        new("key_file", KeyKind.Text, "PEM file with the private key")
        {
            IsRequired = true,
            Default = "required",
            Range = "must be readable",
        });

    /// <summary>Pages that may call from a browser.</summary>
    public static readonly KeySet Cors = new(
        "cors",
        new ConfigKey("allowed_origins", KeyKind.Texts, "Origins whose pages may call from a browser, and read the answers")
        {
            Default = "none",
            Range = "a list of `scheme://host[:port]`, or `*`",
        });

    /// <summary>Who may call.</summary>
    public static readonly KeySet Auth = new(
        "auth",
        new("mode", KeyKind.Text, "How callers prove who they are")
        {
            Default = "`none`",
            Range =
                "`token`: one of `client_tokens`; `passthrough`: the caller's token goes to the provider, and the gateway's keys are not used; "
                + "`none`: everybody may call. Case and surrounding spaces do not matter. Governance overrides `none` and `token`; with "
                + "`passthrough` callers show a virtual key in `x-busbar-key` beside their own token",
        },
        new("client_tokens", KeyKind.Text, "Accepted tokens")
        {
            Default = "none",
            Range = "at least one in mode `token`; no blank ones; admit nobody in the other modes. Each is a text, or a block: see below",
        },
        new("token", KeyKind.Text, "Older spelling for a single token")
        {
            Default = "none",
            Range = "ignored with a warning beside `client_tokens`",
        },
        new("jwt", KeyKind.Text, "Issuers whose tokens callers may show in place of a virtual key")
        {
            Default = "none",
            Range = "list of blocks, see below; needs `governance.enabled`",
        });

    /// <summary>A client token that is more than its text.</summary>
    public static readonly KeySet ClientToken = new(
        "auth.client_tokens[]",
        new("token", KeyKind.Text, "The token")
        {
            IsRequired = true,
            Default = "required",
            Range = "not blank; `${NAME}` keeps it out of the file",
        },
        new("operator", KeyKind.Switch, "Whether it may see `/metrics` and `/stats`")
        {
            Default = "`false`",
            Range = "where no token is marked and governance is off, all may",
        });
}
