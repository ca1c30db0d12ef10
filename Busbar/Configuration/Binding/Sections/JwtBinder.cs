using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads <c>auth.jwt</c>: the issuers of tokens that callers may show.</summary>
internal static class JwtBinder
{
    /// <summary>Reads the list; a single issuer may stand without one.</summary>
    public static IReadOnlyList<JwtIssuerConfig> Bind(Section auth, ConfigReport report, IEnvironment environment)
    {
        IEnumerable<(string Path, YamlNode Node)> items = auth.Node("jwt") is YamlMap single ? [(auth.At("jwt"), single)] : auth.Items("jwt");
        List<JwtIssuerConfig> issuers = [];
        foreach ((string path, YamlNode node) in items)
        {
            JwtIssuerConfig issuer = BindOne(new Section(node, path, ConfigKeys.Jwt, report, environment), report, environment);
            if (issuer.Issuer.Length > 0 && issuers.Exists(other => other.Issuer == issuer.Issuer))
            {
                report.Error($"{path}.issuer", $"'{issuer.Issuer}' is listed twice", "write one entry, with all audiences");
            }

            issuers.Add(issuer);
        }

        return issuers;
    }

    private static JwtIssuerConfig BindOne(Section block, ConfigReport report, IEnvironment environment)
    {
        bool isPrivate = block.Switch("allow_private_network") ?? false;
        string issuer = Required(block, "issuer", report) ?? "";
        string? keys = block.Filled("jwks_url");
        string address = keys ?? issuer;
        if (address.Length > 0 && EndpointGuard.Refusal(address, isPrivate) is { } reason)
        {
            report.Error(
                block.At(keys is null ? "issuer" : "jwks_url"),
                $"'{SinkGuard.Mask(address)}' is refused: {reason}",
                isPrivate ? "write an address that may be called" : "write an https address of a public host, or set allow_private_network: true");
        }

        JwtIssuerConfig defaults = new() { Issuer = "", Audiences = [] };
        return new JwtIssuerConfig
        {
            Issuer = issuer,
            JwksUrl = keys,
            Audiences = Audiences(block, report),
            ClockSkewSecs = block.Integer("clock_skew_secs", defaults.ClockSkewSecs),
            Algorithms = Algorithms(block, report) ?? defaults.Algorithms,
            SubjectClaim = block.Filled("subject_claim") ?? defaults.SubjectClaim,
            RequiredClaims = Map(block, "required_claims", report),
            GroupClaim = block.Filled("group_claim"),
            Groups = Mapping(block, "groups", "group_claim", report),
            DefaultGroup = block.Filled("default_group"),
            PoolsClaim = block.Filled("pools_claim"),
            Pools = Mapping(block, "pools", "pools_claim", report),
            MaxBudgetCents = block.Integer("max_budget_cents"),
            BudgetPeriod = block.Choice("budget_period", ("total", 0), ("daily", 1), ("monthly", 2)) is { } period
                ? ConfigKeys.Jwt["budget_period"].Words[period] : "total",
            RpmLimit = (uint?)block.Integer("rpm_limit"),
            TpmLimit = (uint?)block.Integer("tpm_limit"),
            MaxConcurrent = (uint?)block.Integer("max_concurrent"),
            AllowPrivateNetwork = isPrivate,
            Proxy = ProxyBinder.Bind(block, address, isPrivate, report, environment),
        };
    }

    private static string? Required(Section block, string key, ConfigReport report)
    {
        if (!block.Has(key))
        {
            report.Error(block.At(key), $"'{key}' is required");
        }

        return block.Filled(key);
    }

    private static IReadOnlyList<string> Audiences(Section block, ConfigReport report)
    {
        IReadOnlyList<string> audiences = block.Node("audience") is YamlList ? block.Texts("audience") : block.Filled("audience") is { } single
            ? [single] : [];
        if (audiences.Count == 0 && (!block.Has("audience") || block.Node("audience") is YamlList { Items.Count: 0 }))
        {
            report.Error(block.At("audience"), "'audience' is required, or tokens that the issuer made for others would be accepted",
                "write what your clients ask the issuer for");
        }

        return audiences;
    }

    private static IReadOnlyList<string>? Algorithms(Section block, ConfigReport report)
    {
        if (!block.Has("algorithms"))
        {
            return null;
        }

        IReadOnlyList<string> algorithms = block.Texts("algorithms");
        foreach (string algorithm in algorithms.Where(algorithm => !JwtIssuerConfig.KnownAlgorithms.Contains(algorithm)))
        {
            report.Error(
                block.At("algorithms"),
                $"'{algorithm}' is not " +
                    $"accepted{(algorithm.StartsWith("HS", StringComparison.Ordinal) || algorithm == "none" ? ", since it proves nothing to who has public keys only" : "")}",
                $"use some of: {string.Join(", ", JwtIssuerConfig.KnownAlgorithms)}");
        }

        if (algorithms.Count == 0 && block.Node("algorithms") is YamlList { Items.Count: 0 })
        {
            report.Error(block.At("algorithms"), "the list is empty, so no token could be accepted", "leave it out for RS256 and ES256");
        }

        return algorithms;
    }

    private static Dictionary<string, string> Mapping(Section block, string key, string claim, ConfigReport report)
    {
        if (block.Has(key) && !block.Has(claim))
        {
            report.Error(block.At(key), $"has no effect without {claim}", $"name the claim whose values these are in {claim}");
        }

        return Map(block, key, report);
    }

    private static Dictionary<string, string> Map(Section block, string key, ConfigReport report)
    {
        Dictionary<string, string> map = [];
        foreach ((string name, string path, YamlNode node) in block.Named(key))
        {
            if (block.Text(node, path) is not { } value || string.IsNullOrWhiteSpace(value))
            {
                report.Error(path, "must not be blank");
            }
            else
            {
                map[name] = value;
            }
        }

        return map;
    }
}
