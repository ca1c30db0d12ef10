namespace Busbar.Commands;

/// <summary>What <c>--help</c> prints.</summary>
internal static class HelpText
{
    /// <summary>Usage, variables and endpoints.</summary>
    public const string Text = """
        busbar: one binary between an application and every LLM provider it calls.

        usage:
          busbar [--config FILE] [--providers FILE]   serve
          busbar --demo                               serve simulated providers; needs no key and no file
          busbar --validate [--config FILE]           say everything that is wrong with a configuration
          busbar --providers                          list the built-in catalog of providers
          busbar --version | --help

        variables:
          BUSBAR_CONFIG      configuration file (default /etc/busbar/config.yaml)
          BUSBAR_PROVIDERS   provider catalog that replaces the built-in one
          BUSBAR_LOG         error, warn, info (default), debug or trace; RUST_LOG is an alias
          and whatever api_key_env and ${...} name in the configuration

        endpoints, each also under /{pool-or-model}/...:
          POST /v1/chat/completions                   OpenAI Chat Completions
          POST /v1/messages                           Anthropic Messages
        own endpoints:
          GET /healthz /livez /stats /metrics

        signals: SIGTERM and SIGINT drain and stop (a second one stops at once), SIGHUP reloads the configuration.

        """;
}
