using Busbar.Configuration.Model;

namespace Busbar.Observability.Metrics;

/// <summary>What is known of the configuration in force.</summary>
internal sealed class ConfigFigures
{
    private long _appliedAt;
    private int _lastFailed;
    private int _withoutPrice;

    /// <summary>Tells when the listener's certificate ends; null without TLS.</summary>
    public Func<DateTimeOffset>? CertificateEnd { get; set; }

    /// <summary><paramref name="config"/> was put in force at <paramref name="now"/>.</summary>
    public void Applied(GatewayConfig config, DateTimeOffset now)
    {
        bool hasCommonPrice = !config.Governance.Enabled || config.Governance.PricePer1KTokensCents > 0;
        Volatile.Write(ref _withoutPrice, hasCommonPrice ? 0 : config.Models.Values.Count(model => model is { RateCard: null, Listed: null }));
        Volatile.Write(ref _appliedAt, now.ToUnixTimeSeconds());
        Volatile.Write(ref _lastFailed, 0);
    }

    /// <summary>A configuration was refused; the former one stays.</summary>
    public void Refused() => Volatile.Write(ref _lastFailed, 1);

    /// <summary>The figures as of now.</summary>
    public IEnumerable<Figure> Read()
    {
        yield return Figure.Single("busbar_config_last_reload_failed", "1 when the newest configuration was refused and the former one is in force.",
            Volatile.Read(ref _lastFailed));
        yield return Figure.Single("busbar_config_applied_timestamp_seconds", "When the configuration in force was put in force, Unix seconds.",
            Volatile.Read(ref _appliedAt));
        yield return Figure.Single("busbar_models_without_price",
            "Models whose tokens cost keys nothing, because neither they nor governance nor the price list have a price.",
        Volatile.Read(ref _withoutPrice));
        if (CertificateEnd is { } end)
        {
            yield return Figure.Single("busbar_tls_certificate_expiry_timestamp_seconds", "When the certificate of the listener ends, Unix seconds.",
                end().ToUnixTimeSeconds());
        }
    }
}
