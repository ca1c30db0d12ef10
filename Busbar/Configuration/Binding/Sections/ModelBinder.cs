using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Model.Prices;
using Busbar.Configuration.Model.Providers;


namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads one entry of <c>models:</c>.</summary>
internal static class ModelBinder
{
    /// <summary>Reads a model. A missing provider is left blank for the reference checks to find.</summary>
    public static ModelConfig Bind(string name, Section model, ConfigReport report, IEnvironment environment)
    {
        foreach (string required in (ReadOnlySpan<string>)["provider", "max_concurrent"])
        {
            if (!model.Has(required))
            {
                report.Error(model.At(required), $"'{required}' is required");
            }
        }

        long requests = model.Integer("max_requests") ?? -1;
        if (requests == 0)
        {
            report.Error(model.At("max_requests"), "0 would never let a request through", "leave it out, or use -1, for no limit");
        }

        return new ModelConfig
        {
            Name = name,
            Provider = model.Text("provider") ?? "",
            MaxConcurrent = model.Integer("max_concurrent", 1),
            MaxRequests = Math.Max(requests, -1),
            Rpm = model.Integer("rpm"),
            Tpm = model.Integer("tpm"),
            DefaultMaxTokens = model.Integer("default_max_tokens"),
            UpstreamModel = model.Filled("upstream_model") ?? name,
            AttemptTimeoutMs = (int?)model.Integer("attempt_timeout_ms"),
            FirstContentTimeoutMs = (int?)model.Integer("first_content_timeout_ms"),
            Capabilities = Capabilities(model.Inner("capabilities", ConfigKeys.Capabilities)),
            RateCard = RateCardBinder.Bind(model.Inner("rate_card", ConfigKeys.RateCard), ConfigKeys.RateStep, ConfigKeys.RateTier, report,
                environment),
        };
    }

    private static Dictionary<string, bool> Capabilities(Section flags)
    {
        Dictionary<string, bool> chosen = [];
        foreach (string flag in ConfigKeys.Capabilities.Keys)
        {
            if (flags.Switch(flag) is { } value)
            {
                chosen.Add(flag, value);
            }
        }

        return chosen;
    }
}
