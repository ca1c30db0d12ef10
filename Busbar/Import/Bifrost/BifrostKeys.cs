using System.Globalization;
using System.Security.Cryptography;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Import.Draft;

namespace Busbar.Import.Bifrost;

/// <summary>Makes groups of customers and teams, and keys of virtual keys, whose values stand in the file or in variables.</summary>
/// <param name="governance">The block.</param>
/// <param name="models">The models of each provider.</param>
/// <param name="plan">Takes groups, keys and notes.</param>
/// <param name="now">The time of the import.</param>
internal sealed class BifrostKeys(ForeignMap governance, IReadOnlyDictionary<string, List<string>> models, ImportPlan plan, DateTimeOffset now)
{
    private const int MaxPools = 1000;

    private readonly List<(string Owner, string Id, Limit Limit)> _budgets = [];
    private readonly List<(string Owner, string Id, Limit Limit)> _rates = [];
    private readonly Dictionary<string, string> _groups = [];

    /// <summary>Reads the block. There is governance here once there is a virtual key.</summary>
    public void Read()
    {
        ReadLimits();
        ReadGroups("customers", "customer", null);
        ReadGroups("teams", "team", "customer_id");
        foreach (ForeignMap key in governance.Maps("virtual_keys"))
        {
            ReadKey(key);
            key.Rest();
        }

        governance.Note("auth_config", Verdict.ByHand, "the admin API has a token, governance.admin_token, instead of a user and a password");
        governance.Note("routing_rules", Verdict.ByHand, "make pools of what they lead to");
        if (plan.Keys.Count > 0)
        {
            plan.Config.AdminToken = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
            plan.Note(Verdict.ByHand, governance.Path, governance.Location, "a new admin token was drawn, which stands in governance.admin_token");
            plan.Note(Verdict.ByHand, governance.At("virtual_keys"), governance.Where("virtual_keys"),
                "clients that send x-bf-vk must send the key as Authorization: Bearer, x-api-key or x-goog-api-key");
        }
    }

    private void ReadLimits()
    {
        foreach (ForeignMap budget in governance.Maps("budgets"))
        {
            if (budget.Number("max_limit") is { } dollars && Window(budget, "reset_duration") is var (period, days))
            {
                Keep(_budgets, budget, new Limit { Kind = LimitKind.Budget, Period = period, Days = days, Max =
                    (long)Math.Floor(Math.Clamp(dollars, 0, 10_000_000_000) * 100) });
            }

            budget.Note("current_usage", Verdict.Unsupported, "spending begins at zero");
            budget.Note("last_reset", Verdict.Unsupported, "windows begin with the calendar");
            budget.Rest();
        }

        foreach (ForeignMap rate in governance.Maps("rate_limits"))
        {
            if (rate.Whole("request_max_limit", 1) is { } requests && Window(rate, "request_reset_duration") is var (period, days))
            {
                Keep(_rates, rate, new Limit { Kind = LimitKind.Requests, Period = period, Days = days, Max = requests });
            }

            if (rate.Whole("token_max_limit", 1) is { } tokens && Window(rate, "token_reset_duration") is var (tokenPeriod, tokenDays))
            {
                Keep(_rates, rate, new Limit { Kind = LimitKind.Tokens, Period = tokenPeriod, Days = tokenDays, Max = tokens });
            }

            rate.Rest();
        }
    }

    private static void Keep(List<(string, string, Limit)> limits, ForeignMap entry, Limit limit)
    {
        string owner = entry.Text("virtual_key_id") ?? entry.Text("team_id") ?? entry.Text("customer_id") ?? "";
        limits.Add((owner, entry.Text("id") ?? "", limit));
    }

    private (LimitPeriod, int)? Window(ForeignMap entry, string key)
    {
        string? text = entry.Text(key);
        (LimitPeriod Period, int Days)? window = text switch
        {
            null or "" => (LimitPeriod.Minute, 0),
            "1m" or "60s" => (LimitPeriod.Minute, 0),
            "1h" or "60m" => (LimitPeriod.Hour, 0),
            "1d" or "24h" => (LimitPeriod.Day, 0),
            "1w" or "7d" => (LimitPeriod.Week, 0),
            "1M" or "30d" => (LimitPeriod.Month, 0),
            "1Y" or "1y" => (LimitPeriod.Rolling, 365),
            _ when text[^1] == 'd' && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int days)
                && days is > 0 and <= Limit.MaxDays => (LimitPeriod.Rolling, days),
            _ => null,
        };
        bool isExact = window?.Period is not (null or LimitPeriod.Rolling);
        plan.Note(window is null ? Verdict.ByHand : isExact ? Verdict.Exact : Verdict.Approximate, entry.At(key), entry.Where(key), window is null
            ? $"there is no window of '{text}': give the group or key a limit of another one"
            : $"the window '{LimitWords.Of(window.Value.Period)}', by the calendar");
        return window;
    }

    private void ReadGroups(string list, string kind, string? parentKey)
    {
        foreach (ForeignMap entry in governance.Maps(list))
        {
            if (entry.Required("id") is not { } id)
            {
                continue;
            }

            string name = entry.Text("name") ?? id;
            string? parent = parentKey is not null && entry.Text(parentKey) is { } above ? _groups.GetValueOrDefault($"customer {above}") : null;
            if (plan.Groups.Exists(group => group.Group.ParentId == parent && group.Group.Name == name))
            {
                name = $"{name} ({id})";
            }

            string own = $"grp_{KeyDigest.Of($"{kind} {id}").ToHex()[..16]}";
            _groups[$"{kind} {id}"] = own;
            plan.Groups.Add(new DraftGroup(new Group { Id = own, Name = name, ParentId = parent, CreatedAt = now.ToUnixTimeSeconds(), Limits =
                LimitsOf(entry, id) }, 0));
            plan.Note(Verdict.Exact, entry.Path, entry.Location, $"the group '{name}'");
            entry.Rest();
        }
    }

    private void ReadKey(ForeignMap entry)
    {
        string? value = entry.Required("value");
        string name = entry.Text("name") ?? entry.Text("id") ?? "";
        string? secret = value is null ? null : BifrostImport.Resolve(value, plan);
        if (string.IsNullOrEmpty(secret))
        {
            plan.Note(Verdict.ByHand, entry.Path, entry.Location, $"the variable of the key '{name}' is not set here: import again where it is");
            return;
        }

        var digest = KeyDigest.Of(secret);
        if (plan.Keys.Exists(key => key.Key.Digest == digest))
        {
            plan.Report.Error(entry.At("value"), entry.Where("value"), "another key has the same value");
            return;
        }

        string? group = entry.Text("team_id") is { } team ? _groups.GetValueOrDefault($"team {team}")
            : entry.Text("customer_id") is { } customer ? _groups.GetValueOrDefault($"customer {customer}") : null;
        plan.Keys.Add(new DraftKey(
            new VirtualKey
            {
                Id = digest.ToKeyId(),
                Digest = digest,
                Name = name.Length is 0 or > 200 ? digest.ToKeyId() : name,
                AllowedPools = Allowed(entry),
                Enabled = entry.Switch("is_active") ?? true,
                CreatedAt = now.ToUnixTimeSeconds(),
                GroupId = group,
                Limits = LimitsOf(entry, entry.Text("id") ?? ""),
            },
            0));
        entry.Note("description", Verdict.Unsupported, "a key has a name alone");
        plan.Note(Verdict.Exact, entry.Path, entry.Location, $"the key '{name}', by its hash");
    }

    // An empty list admits to everything: it must never come of one that had something in it.
    private List<string> Allowed(ForeignMap entry)
    {
        List<string> allowed = [];
        bool isAny = !entry.Has("provider_configs");
        foreach (ForeignMap config in entry.Maps("provider_configs"))
        {
            string provider = config.Text("provider") ?? "";
            IReadOnlyList<string> named = config.Texts("allowed_models");
            allowed.AddRange((named.Count == 0 || named.Contains("*") ? models.GetValueOrDefault(provider, []) : named)
                .Select(model => $"{provider}/{model}"));
            config.Note("allowed_models", Verdict.Exact, "allowed_pools");
            config.Note("weight", Verdict.ByHand, "weights between providers belong to pools: make one, and let the key use it");
            config.Rest();
        }

        return isAny ? [] : allowed.Count == 0 ? ["no-models"] : [.. allowed.Distinct().Take(MaxPools)];
    }

    private List<Limit> LimitsOf(ForeignMap entry, string id)
    {
        string? budget = entry.Text("budget_id");
        string? rate = entry.Text("rate_limit_id");
        return
        [
            .. _budgets.Where(limit => (limit.Owner.Length > 0 && limit.Owner == id) || limit.Id == budget).Select(limit => limit.Limit)
                .DistinctBy(limit => limit.Key),
            .. _rates.Where(limit => (limit.Owner.Length > 0 && limit.Owner == id) || limit.Id == rate).Select(limit => limit.Limit)
                .DistinctBy(limit => limit.Key),
        ];
    }
}
