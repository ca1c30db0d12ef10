namespace Busbar.Configuration.Binding.Keys;

internal static partial class ConfigKeys
{
    /// <summary>A provider in the deployment file.</summary>
    public static readonly KeySet Provider = new(
        "providers.*",
        new("protocol", KeyKind.Text, "What it speaks")
        {
            Default = "from the catalog; `anthropic` if a catalog row has none",
            Range = "`anthropic`, `openai`, `gemini`, `bedrock`, `responses`, `cohere`",
        },
        new("platform", KeyKind.Word, "The cloud that serves the protocol at paths, and with keys, of its own")
        {
            Words = ["vertex", "azure", "bedrock-invoke"],
            Default = "none: the vendor itself, or a host that does as the vendor does",
            Range = "`vertex` (protocols `gemini`, `anthropic`), `azure` (`openai`, `responses`, `anthropic`), `bedrock-invoke` (`anthropic`: " +
                "Claude by InvokeModel)",
        },
        new("project", KeyKind.Text, "Google Cloud project")
        {
            Default = "required with `platform: vertex`",
            Range = "only with `platform: vertex`",
        },
        new("location", KeyKind.Text, "Location of the models at Vertex AI")
        {
            Default = "required with `platform: vertex`",
            Range = "a region such as `us-east5`, `us`, `eu`, or `global`",
        },
        new("api_version", KeyKind.Text, "Version of the platform's API")
        {
            Default = "`v1`",
            Range = "`azure`: `v1`, `preview`, `latest`, or a date as in `2024-10-21`, which puts the deployment into the path; `vertex`: `v1`, " +
                "`v1beta1`",
        },
        new("deployments", KeyKind.Map,
            "Names of Azure deployments by `upstream_model`, where they differ: what the model accepts is then known by its own name")
        {
            Default = "none: the deployment is called like `upstream_model`",
            Range = "only with `platform: azure`",
        },
        new("base_url", KeyKind.Text, "Scheme, host and path prefix; a version at its end (`/v1`) stands for the one of the protocol's path")
        {
            Default = "from the catalog; with `platform` from `location` or `region`",
            Range = "https to a public host, see below; trailing slashes are cut; no query",
        },
        new("path", KeyKind.Text, "Replaces the protocol's own path for chat; token counting and embeddings keep the protocol's, after `base_url`")
        {
            Default = "the protocol's",
            Range = "begins with `/`, taken literally, may hold a query",
        },
        new("auth", KeyKind.Word, "Which header carries the key")
        {
            Words = ["bearer", "api-key"],
            Default = "the one of the provider's own clients",
            Range = "`bearer` (`Authorization: Bearer`) or `api-key` (header `api-key`)",
        },
        new("api_key_env", KeyKind.TextOrTexts, "Name of the variable that holds the key")
        {
            Default = "required, unless `api_key_file`, `identity`, `allow_private_network` or mode `passthrough` make it needless",
            Range = "one name, or a list of names: several keys, each with its own health. An unset variable is a warning",
        },
        new(
            "api_key_file",
            KeyKind.Text,
            "File that holds the key. A change is noticed within seconds, and at once when the provider refuses the key; an empty or missing file " +
                "leaves the former key in use")
        {
            Default = "none",
            Range = "not together with `api_key_env`",
        },
        new("identity", KeyKind.Text, "Who the gateway is there, in place of a key: the cloud alone for the default chain of its SDK, or a block")
        {
            Words = ["aws", "google", "azure"],
            Default = "none",
            Range = "`aws`, `google`, `azure`; not together with a key or `auth`; see [AWS](aws.md), [Google](google.md), [Azure](azure.md)",
        },
        new("api_key", KeyKind.Text, "A key in this file")
        {
            Default = "ignored with a warning",
            Range = "use `api_key_env`",
        },
        new(
            "error_map",
            KeyKind.Map,
            
                "Codes or types of errors, statuses (`\"403\"`) or phrases of their messages (keys with a blank in them) that mean something "
                + "other than their status says")
        {
            Default = "from the catalog",
            Range =
                "values: `rate_limit`, `overloaded`, `server_error`, `timeout`, `network`, `auth`, `billing`, `client_error`, `context_length`, "
                + "`model_gone`, `content` (a refusal of what the request says)",
        },
        new("health", KeyKind.Text, "Active probing")
        {
            Default = "none",
            Range = "block; replaces the catalog's as a whole",
        },
        new("allow_private_network", KeyKind.Switch, "Permits `http://` and loopback or private addresses for this provider")
        {
            Default = "`false`",
            Range = "metadata and link-local addresses stay closed",
        },
        new(
            "http_version",
            KeyKind.Word,
            "The HTTP version of calls: `1.1`, `2` (where TLS negotiates it, otherwise 1.1), or `auto`, which is 1.1: it takes less "
                + "CPU up to hundreds of calls at once. Of thousands both take about the same, and 2 takes 40 KiB less for each open "
                + "stream; it is also for hosts that have no 1.1")
        {
            Words = ["auto", "1.1", "2"],
            Default = "`auto`",
            Range = "`auto`, `1.1`, `2`; 2 needs https",
        },
        new("anthropic_version", KeyKind.Text, "Value of `anthropic-version` on requests that are built here")
        {
            Default = "the default of the protocol",
            Range = "a legal header value; a client's own header passes unchanged between two Anthropic sides",
        },
        new(
            "headers",
            KeyKind.Map,
            
                "Headers that every call of this provider carries: name and value, with variables. The place for whose account pays "
                + "(`OpenAI-Organization`, `OpenAI-Project`, `anthropic-workspace-id`, `x-goog-user-project`), which clients may say only with a "
                + "credential of their own (mode `passthrough`)")
        {
            Default = "none",
            Range =
                "values are never shown; credentials, `Host`, `Content-*`, `Accept`, `User-Agent`, `Cookie`, `x-amz-*` and headers of the "
                + "connection are refused; not in the catalog",
        },
        new(
            "deny_betas",
            KeyKind.Texts,
            
                "Betas (`anthropic-beta`, `OpenAI-Beta`) that clients may not use here, in headers or, for Claude, in bodies (`anthropic_beta`, "
                + "`betas`); they are left out, counted and logged")
        {
            Default = "none",
            Range = "exact names",
        },
        new(
            "routing_fields",
            KeyKind.Texts,
            
                "Members of a request by which this host chooses another model or provider than the request names. Virtual keys with an access "
                + "list or a budget may not send them (400)")
        {
            Default = "`models`, `fallbacks`, `route`, `router`, `provider`, `providers`, `plugins`, `preset`",
            Range =
                "compared without case and underscores, also inside `extra_body`, `providerOptions` and `additionalModelRequestFields`; `[]` "
                + "lets all pass",
        },
        new("proxy", KeyKind.Text, "The proxy of a company's network that leads to this provider")
        {
            Default = "from the variables; none for hosts of a private network",
            Range = "`http://user:password@host:port`, or `none`; see [below](#proxies)",
        },
        new("tls", KeyKind.Text, "How TLS is spoken to it")
        {
            Default = "the machine's authorities, no certificate",
            Range = "block; not in the catalog",
        },
        new("region", KeyKind.Text, "AWS region for signatures")
        {
            Default = "from the host name",
            Range = "letters, digits and hyphens",
        });

    /// <summary>TLS to a server that is called.</summary>
    public static KeySet ClientTls => field ??= new(
        "providers.*.tls",
        new("ca_file", KeyKind.Text, "PEM file with the authorities that are trusted, in place of the machine's")
        {
            Default = "the machine's",
            Range = "must be readable; read again at a reload",
        },
        new("cert_file", KeyKind.Text, "PEM file with the certificate that is shown to servers that want one, and its chain")
        {
            Default = "none",
            Range = "together with `key_file`; read again at a reload",
        },
        new("key_file", KeyKind.Text, "PEM file with its private key")
        {
            Default = "none",
            Range = "together with `cert_file`",
        },
        new(
            "server_name",
            KeyKind.Text,
            "The name that is asked for and that the server's certificate must be for. With an address such as `https://10.0.0.7` in `base_url` it "
                + "also lets sessions be resumed, which are kept by name")
        {
            Default = "the host of the address",
            Range = "a host name; the `Host` header stays that of the address",
        });

    /// <summary>Active probing.</summary>
    public static readonly KeySet Health = new(
        "providers.*.health",
        new("mode", KeyKind.Word, "Who is probed")
        {
            Words = ["none", "dead", "active"],
            Default = "`none`",
            Range = "`none`; `dead`: models out of rotation somewhere; `active`: all models of this provider",
        },
        new("interval_secs", KeyKind.Integer, "Time between two probes of one model")
        {
            Min = 0,
            Max = Ranges.MaxSeconds,
            Default = "30",
            Range = "0 counts as 1",
        },
        new("timeout_secs", KeyKind.Integer, "Longest time of a probe")
        {
            Min = 0,
            Max = Ranges.MaxSeconds,
            Default = "5",
            Range = "0 counts as 1",
        });
}
