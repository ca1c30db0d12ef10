using System.Globalization;
using System.Text;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Import.Draft;

/// <summary>Writes a draft as YAML.</summary>
internal static class DraftWriter
{
    /// <summary>The text of <c>config.yaml</c>; <paramref name="origin"/> names what it was made of.</summary>
    public static string Write(DraftConfig draft, string folder, string origin)
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture,
            $"# Made from {Comment(origin)}. What became of each setting stands in import.txt beside this file.\n");
        Line(text, 0, "listen", draft.Listen);
        if (draft.LogsJson)
        {
            text.Append("observability:\n  log_format: json\n");
        }

        if (draft.Limits.Count > 0)
        {
            text.Append("limits:\n");
            foreach ((string key, long value) in draft.Limits)
            {
                Line(text, 1, key, value);
            }
        }

        if (draft.AdminToken is { } token)
        {
            text.Append("governance:\n  enabled: true\n");
            Line(text, 1, "admin_token", token);
            Line(text, 1, "db_path", Path.Combine(folder, ImportFiles.Database));
        }
        else
        {
            text.Append("auth:\n  mode: none\n");
        }

        text.Append("providers:\n");
        foreach (DraftProvider provider in draft.Providers.Values)
        {
            Write(text, provider, draft.HealthInterval);
        }

        text.Append("models:\n");
        foreach (DraftModel model in draft.Models)
        {
            Write(text, model);
        }

        if (draft.Pools.Count > 0)
        {
            text.Append("pools:\n");
            foreach (DraftPool pool in draft.Pools)
            {
                Write(text, pool);
            }
        }

        return text.ToString();
    }

    private static void Write(StringBuilder text, DraftProvider provider, int? healthInterval)
    {
        Open(text, 1, provider.Name);
        Line(text, 2, "protocol", provider.Protocol);
        if (provider.Vertex is var (project, location))
        {
            Line(text, 2, "platform", "vertex");
            Line(text, 2, "project", project);
            Line(text, 2, "location", location);
        }

        if (provider.AzureVersion is { } version)
        {
            Line(text, 2, "platform", "azure");
            Line(text, 2, "api_version", version.Length == 0 ? null : version);
        }

        Line(text, 2, "base_url", provider.BaseUrl);
        Line(text, 2, "path", provider.Path);
        Line(text, 2, "auth", provider.Auth);
        Line(text, 2, "api_key_env", provider.KeyVariable);
        Line(text, 2, "api_key_file", provider.KeyFile);
        Raw(text, 2, "identity", provider.Identity);
        Raw(text, 2, "headers", provider.Headers);
        Line(text, 2, "proxy", provider.Proxy);
        if (provider.IsPrivate)
        {
            text.Append("    allow_private_network: true\n");
        }

        if (healthInterval is { } seconds)
        {
            Open(text, 2, "health");
            text.Append("      mode: active\n");
            Line(text, 3, "interval_secs", seconds);
        }
    }

    private static void Write(StringBuilder text, DraftModel model)
    {
        Open(text, 1, model.Name);
        Line(text, 2, "provider", model.Provider);
        Line(text, 2, "upstream_model", model.Upstream == model.Name ? null : model.Upstream);
        Line(text, 2, "max_concurrent", model.MaxConcurrent);
        Line(text, 2, "rpm", model.Rpm);
        Line(text, 2, "tpm", model.Tpm);
        Line(text, 2, "attempt_timeout_ms", model.AttemptTimeoutMs);
        Line(text, 2, "first_content_timeout_ms", model.FirstContentTimeoutMs);
        Line(text, 2, "default_max_tokens", model.DefaultMaxTokens);
        if (model.RateCard.Count > 0)
        {
            Open(text, 2, "rate_card");
            foreach ((string kind, decimal cents) in model.RateCard)
            {
                text.Append(CultureInfo.InvariantCulture, $"      {kind}: {cents:0.####}\n");
            }
        }
    }

    private static void Write(StringBuilder text, DraftPool pool)
    {
        Open(text, 1, pool.Name);
        Line(text, 2, "strategy", pool.Strategy);
        Open(text, 2, "members");
        foreach (DraftMember member in pool.Members)
        {
            text.Append(CultureInfo.InvariantCulture, $"      - target: {Quote(member.Target)}\n");
            Line(text, 4, "weight", member.Weight == 1 ? null : member.Weight);
            Line(text, 4, "context_max", member.ContextMax);
        }

        if (pool.Cap is not null)
        {
            Open(text, 2, "failover");
            Line(text, 3, "cap", pool.Cap);
        }

        if (pool.FailuresInARow is not null || pool.CooldownSeconds is not null)
        {
            Open(text, 2, "breaker");
            Line(text, 3, "base_cooldown_secs", pool.CooldownSeconds);
            Line(text, 3, "max_cooldown_secs", pool.CooldownSeconds);
            if (pool.FailuresInARow is not null)
            {
                text.Append("      trip:\n        mode: consecutive\n");
                Line(text, 4, "n", pool.FailuresInARow);
            }
        }

        if (pool.Fallback is { } fallback)
        {
            Open(text, 2, "on_exhausted");
            Line(text, 3, "action", $"fallback_pool:{fallback}");
        }
    }

    /// <summary>A mapping on one line; null where there is nothing in it.</summary>
    public static string? Flow(IReadOnlyCollection<(string Key, string? Value)> pairs) => pairs.All(pair => pair.Value is null) ? null
        : $"{{ {string.Join(", ", pairs.Where(pair => pair.Value is not null).Select(pair => $"{Key(pair.Key)}: {Quote(pair.Value!)}"))} }}";

    private static void Raw(StringBuilder text, int depth, string key, string? value)
    {
        if (value is not null)
        {
            text.Append(' ', depth * 2).Append(key).Append(": ").Append(value).Append('\n');
        }
    }

    private static void Open(StringBuilder text, int depth, string key) => text.Append(' ', depth * 2).Append(Key(key)).Append(":\n");

    private static void Line(StringBuilder text, int depth, string key, string? value)
    {
        if (value is not null)
        {
            text.Append(' ', depth * 2).Append(key).Append(": ").Append(Quote(value)).Append('\n');
        }
    }

    private static void Line(StringBuilder text, int depth, string key, long? value)
    {
        if (value is not null)
        {
            text.Append(' ', depth * 2).Append(CultureInfo.InvariantCulture, $"{key}: {value}\n");
        }
    }

    // A word that YAML could take for nothing else stands as it is.
    private static string Key(string key) =>
        key.Length > 0 && char.IsAsciiLetter(key[0]) && key.All(
            letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.' or '/' or '@')
        && key.ToLowerInvariant() is not ("true" or "false" or "yes" or "no" or "on" or "off" or "null" or "y" or "n") ? key : Quote(key);

    // What JSON quotes, YAML reads.
    private static string Quote(string value)
    {
        using var buffer = new PooledBuffer(256);
        new JsonWriter(buffer).String(value);
        return Encoding.UTF8.GetString(buffer.Span);
    }

    private static string Comment(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter));
}
