using System.Globalization;
using System.Text;
using Busbar.Configuration;
using Busbar.Ir;

namespace Busbar.Demo;

/// <summary>
/// The configuration of the demo: a direct model for each simulated provider, and one pool over those that can stand in for each other.
/// </summary>
internal static class DemoConfiguration
{
    /// <summary>The token its clients send.</summary>
    public const string Token = "demo";

    /// <summary>The name of its pool.</summary>
    public const string Pool = "demo";

    /// <summary>Puts the configuration together and has it checked like any other.</summary>
    /// <param name="port">Loopback port to listen on.</param>
    /// <param name="providers">The providers, started.</param>
    /// <param name="environment">For variables; the text names none.</param>
    public static ConfigResult Load(int port, SimulatedProviders providers, IEnvironment environment) =>
        ConfigLoader.LoadText(Text(port, providers), "demo", environment);

    private static string Text(int port, SimulatedProviders providers)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $$"""
            listen: 127.0.0.1:{{port}}
            auth:
              mode: token
              client_tokens: [{{Token}}]
            providers:

            """);
        foreach (SimulatedProvider provider in providers.All)
        {
            text.Append(CultureInfo.InvariantCulture, $$"""
                  {{provider.Name}}:
                    protocol: {{provider.Protocol.Name()}}
                    base_url: {{providers.Origin}}/{{provider.Name}}
                    allow_private_network: true

                """);
        }

        text.Append("models:\n");
        foreach (SimulatedProvider provider in providers.All)
        {
            text.Append(CultureInfo.InvariantCulture, $"  {provider.Model}: {{provider: {provider.Name}, max_concurrent: 32}}\n");
        }

        // Every second call goes to the flaky provider first, and its cooldowns are short, so that failover is seen within a few calls.
        text.Append(CultureInfo.InvariantCulture, $$"""
            pools:
              {{Pool}}:
                breaker: {base_cooldown_secs: 1, max_cooldown_secs: 5}
                failover: {deadline_secs: 30, cap: 3}
                members:

            """);
        int steady = providers.All.Count(provider => provider is { IsFlaky: false, IsBreaking: false });
        foreach (SimulatedProvider provider in providers.All.Where(provider => !provider.IsBreaking))
        {
            text.Append(CultureInfo.InvariantCulture, $"      - {{target: {provider.Model}, weight: {(provider.IsFlaky ? steady : 1)}}}\n");
        }

        return text.ToString();
    }
}
