namespace Busbar.Commands;

/// <summary>What <c>--help</c> prints.</summary>
internal static class HelpText
{
    /// <summary>Usage, variables and endpoints.</summary>
    public const string Text = Serving + Administration + Variables;

    /// <summary>What <c>--help</c> prints after a command that speaks to the admin API.</summary>
    public const string OfAdministration = Administration + """
        variables:
          BUSBAR_ADMIN_URL   the admin API (default: as the configuration says)
          BUSBAR_ADMIN_TOKEN its token (likewise)

        """;

    private const string Serving = """
        busbar: one binary between an application and every LLM provider it calls.

        usage:
          busbar [--config FILE] [--providers FILE] [--prices FILE]
                                              serve
          busbar --demo                               serve simulated providers; needs no key and no file
          busbar --validate [--config FILE]           say everything that is wrong with a configuration
          busbar --probe [URL]                        ask a running gateway for /healthz; exits with 0 when it can serve
          busbar doctor [--config FILE] [--json]      look at names, keys, reachability, certificates, clock and descriptors, and say what to do
          busbar --providers                          list the built-in catalog of providers
          busbar prices [TEXT] [--json] [--prices FILE]
                                                      list what models cost, cents for a million tokens; TEXT is a part of a name
          busbar import litellm|bifrost|portkey FILE [--database FILE.sql] [--out DIR] [--json]
                                                      make config.yaml, groups and keys of another gateway's, and say what became of each setting
          busbar store copy --from sqlite --to postgres [--config FILE]
                                                      moves keys, usage and audit log into the PostgreSQL database of the configuration
          busbar store migrate [--config FILE]        makes or upgrades the tables there, for nodes whose user may not
          busbar --schema                             print the JSON Schema of the configuration, for editors
          busbar completion bash|zsh|fish             print what makes a shell complete commands and options
          busbar --version | --help
          --env-file FILE, with every command         variables from a file in the form of systemd's EnvironmentFile=

        """;

    private const string Administration = """
        administration of a running gateway, over its admin API or, without governance, its control socket; each takes --json, --url URL, --socket FILE and
        --config FILE:
          busbar status                               what it is doing; exits with 1 when no lane can serve
          busbar lanes [list]                         its lanes
          busbar lanes reset [LANE]                   closes the breakers of a lane, or of all: whatever opened them is repaired
          busbar lanes disable|enable|probe LANE      takes a lane out of service, back, or calls it now
          busbar keys create --name NAME [--pool NAME]... [--budget-cents N] [--period total|daily|monthly] [--rpm N] [--tpm N]
                             [--max-concurrent N] [--soft] [--expires-in 30d] [--group NAME] [--group-id ID] [--label NAME=VALUE]...
          busbar keys list
          busbar keys update ID [the options of create]... [--all-pools] [--strict] [--enable]
                                                      what is not named stays; 'none' takes a limit away
          busbar keys revoke ID [--delete]            it stops to work; --delete removes it with its usage
          busbar keys rotate ID [--overlap SECONDS]   another secret; the former one works on for so long
          busbar keys usage [ID] [--from DAY] [--until DAY] [--by key,group,model,day] [--by-label NAME] [--group-id ID] [--csv]
          busbar groups create --name NAME [--parent ID] [--limit KIND/WINDOW[:DAYS][@POOL]=MAX]... [--child-limit LIMIT]...
                                                      KIND is budget (MAX in cents), requests, tokens or concurrency (no WINDOW); WINDOW is minute, hour,
                                                      day, week, month, total or rolling; DAYS are those of rolling, or the day a week or month begins on
          busbar groups list | show ID
          busbar groups update ID [the options of create]... [--no-limits] [--no-child-limits]
          busbar groups freeze|unfreeze ID            its keys, and those of all groups below, stop to work, or work again
          busbar groups delete ID                     once nothing is in it


        """;

    private const string Variables = """
        variables:
          BUSBAR_CONFIG      configuration file (default /etc/busbar/config.yaml)
          BUSBAR_PROVIDERS   provider catalog that replaces the built-in one
          BUSBAR_PRICES      price list that replaces the built-in one
          BUSBAR_LOG         error, warn, info (default), debug or trace; RUST_LOG is an alias
          BUSBAR_ADMIN_URL   admin API for status, lanes and keys (default: as the configuration says)
          BUSBAR_ADMIN_TOKEN its token (likewise)
          BUSBAR_LOG_FORMAT  text (default) or json; overrides the configuration
          and whatever api_key_env and ${...} name in the configuration

        endpoints, each also under /{pool-or-model}/...; {v} is /v1beta, /v1, /v1alpha, /v1beta1 or nothing; {google} is nothing or, as
        {anthropic} for its own models, what Vertex AI has there: /projects/{p}/locations/{l}/publishers/google:
          POST /v1/chat/completions                   OpenAI Chat Completions
          POST /v1/messages                           Anthropic Messages
          POST /v1/responses                          OpenAI Responses
          POST /v2/chat                               Cohere v2 chat
          POST /model/{model}/converse                Amazon Bedrock Converse
          POST /model/{model}/converse-stream
          POST /model/{model}/invoke                  Amazon Bedrock InvokeModel, with Claude's bodies
          POST /model/{model}/invoke-with-response-stream
          POST {v}{google}/models/{model}:generateContent         Gemini
          POST {v}{google}/models/{model}:streamGenerateContent
          POST {v}{anthropic}/models/{model}:rawPredict           Claude on Vertex AI
          POST {v}{anthropic}/models/{model}:streamRawPredict
          POST /openai/deployments/{model}/chat/completions       Azure OpenAI; its v1 API is /openai/v1/...
          POST /openai/responses
          POST /v1/messages/count_tokens              token counts
          POST /v1/responses/input_tokens
          POST /model/{model}/count-tokens
          POST {v}{google}/models/{model}:countTokens
          POST {v}{anthropic}/models/count-tokens:rawPredict
          POST /v1/responses/compact                  compaction, of lanes of the same protocol
          POST /v1/embeddings                         embeddings, of lanes of the same protocol
          POST /openai/deployments/{model}/embeddings
          POST /v2/embed
          POST {v}{google}/models/{model}:embedContent
          POST {v}{google}/models/{model}:batchEmbedContents
          GET {v}/models                              pools and models
          GET {v}/models/{model}
        own endpoints:
          GET / /healthz /livez /stats /metrics /api/hello
          HEAD / /healthz /livez /api/hello
          OPTIONS /
          /admin/...                                  admin API: GET /admin/openapi.json describes it

        signals: SIGTERM and SIGINT drain and stop (a second one stops at once), SIGHUP reloads configuration and certificate.

        """;
}
