using System.Text;

namespace Busbar.Tests.Scenarios.Harness;

/// <summary>The deployment of a <see cref="Scene"/>: a lane <c>m0</c>, <c>m1</c>, … for each provider, all in one pool.</summary>
internal sealed record SceneConfig(params SpokenProtocol[] Lanes)
{
    /// <summary>The <c>auth</c> block.</summary>
    public string Auth { get; init; } = $"{{ mode: token, client_tokens: [another-token, {Scene.Token}] }}";

    /// <summary>Keys of the pool, in flow style, without members.</summary>
    public string Pool { get; init; } = "commit: first_content";

    /// <summary>Entries of <c>pools</c> beside the one that all lanes are in, one a line.</summary>
    public string OtherPools { get; init; } = "";

    /// <summary>How many lanes, from the first, are in the pool; null for all.</summary>
    public int? Pooled { get; init; }

    /// <summary>The <c>limits</c> block.</summary>
    public string Limits { get; init; } = "{ shutdown_drain_secs: 10 }";

    /// <summary>More keys of every model.</summary>
    public string Model { get; init; } = "max_concurrent: 20";

    /// <summary>More keys of every provider.</summary>
    public string Provider { get; init; } = "allow_private_network: true";

    /// <summary>Whether the providers speak TLS, as real ones do; off for a few scenarios, and the fault table tries both.</summary>
    public bool IsTls { get; init; } = true;

    /// <summary>The file with every provider's key; null for a variable each.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Every provider's <c>identity</c> in place of a key; null for a key.</summary>
    public string? Identity { get; init; }

    /// <summary>More top-level keys, one a line.</summary>
    public string More { get; init; } = "";

    /// <summary>More keys of single pool members.</summary>
    public string[] Members { get; init; } = [];

    /// <summary>The hard limit on the program's open files; null for that of the tests.</summary>
    public int? OpenFiles { get; init; }

    /// <summary>The lane whose provider refuses connections.</summary>
    public int Refusing { get; init; } = -1;

    /// <summary>
    /// Serves what no script of its own waits for, at every provider and from the start: a lane may be called before a scene has started.
    /// </summary>
    public Func<UpstreamCall, Task>? Always { get; init; }

    /// <summary>More variables.</summary>
    public Dictionary<string, string> Environment { get; init; } = [];

    /// <summary>The file.</summary>
    public string Text(int port, ScriptedUpstream[] upstreams)
    {
        var text = new StringBuilder($"listen: 127.0.0.1:{port}\nauth: {Auth}\nlimits: {Limits}\n{More}\nproviders:\n");
        AppendLanes(text, Lanes, upstreams,
            lane => $"{(Identity is not null ? $"identity: {Identity}" : KeyFile is null ? $"api_key_env: KEY_{lane}" : $"api_key_file: \"{KeyFile}\"")}, {Provider}", Model, OtherPools);
        text.Append($"  {Scene.Pool}:\n    members:\n");

        // Weights so far apart that the first ready lane gets the traffic.
        int weight = 1_000_000;
        for (int lane = 0; lane < (Pooled ?? Lanes.Length); lane++, weight = Math.Max(1, weight / 30))
        {
            text.Append($"      - {{ target: m{lane}, weight: {weight}{(lane < Members.Length ? ", " + Members[lane] : "")} }}\n");
        }

        foreach (string line in Pool.Split('\n'))
        {
            text.Append("    ").Append(line).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>Appends the providers, whose line is open, models <c>m0</c>, <c>m1</c>, … and the beginning of the pools.</summary>
    public static void AppendLanes(StringBuilder text, SpokenProtocol[] lanes, ScriptedUpstream[] upstreams, Func<int, string> provider, string model,
        string pools)
    {
        for (int lane = 0; lane < lanes.Length; lane++)
        {
            text.Append($"  p{lane}: {{ protocol: {lanes[lane].Provider}, " +
                $"base_url: \"{upstreams[lane].Address}\"," +
                $" {provider(lane)}{(upstreams[lane].IsTls ? $", tls: {{ ca_file: \"{TestAuthority.File}\" }}" : "")} }}\n");
        }

        text.Append("models:\n");
        for (int lane = 0; lane < lanes.Length; lane++)
        {
            text.Append($"  m{lane}: {{ provider: " +
                $"p{lane}, {(model.Contains("upstream_model:", StringComparison.Ordinal) ? "" : $"upstream_model: wire-{lane}, ")}{model} }}\n");
        }

        text.Append("pools:\n");
        foreach (string line in pools.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            text.Append("  ").Append(line).Append('\n');
        }
    }
}
