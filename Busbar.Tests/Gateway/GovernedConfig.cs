using System.Text;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway;

/// <summary>The deployment of a <see cref="GovernedGateway"/>.</summary>
internal sealed record GovernedConfig(params SpokenProtocol[] Lanes)
{
    /// <summary>An OpenAI lane and an Anthropic one.</summary>
    public GovernedConfig()
        : this(new SpokenOpenAI(), new SpokenAnthropic())
    {
    }

    /// <summary>Keys of the pool with all lanes, in flow style, without members.</summary>
    public string Pool { get; init; } = "commit: first_content";

    /// <summary>More pools, one a line.</summary>
    public string OtherPools { get; init; } = "";

    /// <summary>More keys of every model.</summary>
    public string Model { get; init; } = "max_concurrent: 500";

    /// <summary>Prices.</summary>
    public string Prices { get; init; } = "price_per_request_cents: 2, price_per_1k_tokens_cents: 1000";

    /// <summary>Keys of <c>limits</c>.</summary>
    public string Limits { get; init; } = "";

    public string Text(ScriptedUpstream[] upstreams)
    {
        var text = new StringBuilder(
            $"listen: 127.0.0.1:0\nauth: {{ mode: none }}\ngovernance: {{ enabled: true, " +
            $"admin_token: {GovernedGateway.AdminToken}, {Prices} }}\nlimits: {{ {Limits} }}\nproviders:\n");
        SceneConfig.AppendLanes(text, Lanes, upstreams, _ => "api_key_env: KEY, allow_private_network: true", Model, OtherPools);
        text.Append($"  {GovernedGateway.Pool}: {{ {Pool}, members: [");
        int weight = 1_000_000;
        for (int lane = 0; lane < Lanes.Length; lane++, weight /= 1000)
        {
            text.Append($"{{ target: m{lane}, weight: {weight} }}, ");
        }

        return text.Append("] }\n").ToString();
    }
}
