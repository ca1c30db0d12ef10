using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Reliability;

namespace Busbar.Admin.Keys;

/// <summary>The members of a key that an administrator sets: one place for creation and change. A limit that is null is no limit.</summary>
internal static class KeyFields
{
    private const int LongestText = 200;
    private const int MaxLabels = 32;
    private const int MaxPools = 1000;
    private const long MaxCents = 1_000_000_000_000;

    /// <summary>Members that creation takes and that can be changed at any time.</summary>
    public static IReadOnlyList<string> Changeable { get; } =
    [
        "name", "allowed_pools", "budget_period",
        "enabled", "max_budget_cents", "rpm_limit", "tpm_limit", "max_concurrent", "enforcement", "price_per_request_cents",
        "price_per_1k_tokens_cents",
        "expires_at", "group", "group_id", "limits", "labels",
    ];

    /// <summary>Members that a key shows and that nobody sets.</summary>
    public static IReadOnlyList<string> Immutable { get; } = ["id", "blocked", "created_at", "secret", Hash, "access_key_id", "former_secret_until"];

    /// <summary>The member that gives the SHA-256 of a secret that clients have already; creation alone takes it.</summary>
    public const string Hash = "key_hash";

    /// <summary>The digest of the secret that a form brings with it; null for none.</summary>
    public static KeyDigest? KnownDigest(JsonForm form)
    {
        if (!form.Has(Hash) || form.Text(Hash, KeyDigest.HexLength) is not { } hex)
        {
            return null;
        }

        if (!KeyDigest.TryParse(System.Text.Encoding.ASCII.GetBytes(hex), out KeyDigest digest))
        {
            form.Fail($"'{Hash}' must be the SHA-256 of the key's secret as {KeyDigest.HexLength} hexadecimal digits");
        }

        return digest;
    }

    /// <summary>The name of the group at the top that a form wants a key in; null for none, or when it says it by id.</summary>
    public static string? GroupName(JsonForm form)
    {
        if (!form.Has("group"))
        {
            return null;
        }

        if (form.Has("group_id"))
        {
            form.Fail("'group' and 'group_id' contradict each other; 'group' is the name of a group at the top");
        }

        return form.Text("group", LongestText);
    }

    /// <summary>A key made of a form; meaningless when the form has a problem. <paramref name="now"/> is an epoch second.</summary>
    public static VirtualKey Create(JsonForm form, Fleet fleet, long now)
    {
        var key = new VirtualKey { Id = "", Digest = default, Name = form.RequiredText("name", LongestText) };
        return Change(form, key, fleet, now);
    }

    /// <summary><paramref name="key"/> with what a form says; a member that the form lacks stays. Meaningless when the form has a problem.</summary>
    public static VirtualKey Change(JsonForm form, VirtualKey key, Fleet fleet, long now)
    {
        VirtualKey next = key;
        Set("name", () => next with { Name = form.RequiredText("name", LongestText) });
        Set("allowed_pools", () => next with { AllowedPools = form.Texts("allowed_pools", MaxPools, LongestText) });
        Set("budget_period", () => next with { Period = form.Choice(
            "budget_period", ("total", BudgetPeriod.Total), ("daily", BudgetPeriod.Daily), ("monthly", BudgetPeriod.Monthly)) });
        Set("enabled", () => next with { Enabled = form.Switch("enabled") });
        Set("max_budget_cents", () => next with { MaxBudgetCents = form.Integer("max_budget_cents", 0, MaxCents) });
        Set("rpm_limit", () => next with { RpmLimit = Limit("rpm_limit") });
        Set("tpm_limit", () => next with { TpmLimit = Limit("tpm_limit") });
        Set("max_concurrent", () => next with { MaxConcurrent = Limit("max_concurrent") });
        Set("enforcement", () => next with { Enforcement = form.Choice("enforcement", ("strict", Enforcement.Strict), ("soft", Enforcement.Soft)) });
        Set("price_per_request_cents", () => next with { PricePerRequestCents = form.Integer("price_per_request_cents", 0, int.MaxValue) });
        Set("price_per_1k_tokens_cents", () => next with { PricePer1KTokensCents = form.Integer("price_per_1k_tokens_cents", 0, int.MaxValue) });
        Set("expires_at", () => next with { ExpiresAt = Expiry() });
        Set("group_id", () => next with { GroupId = form.Text("group_id", LongestText) });
        Set("limits", () => next with { Limits = form.Limits("limits", fleet, key.Limits) });
        Set("labels", () => next with { Labels = form.Map("labels", MaxLabels, LongestText) is { Count: > 0 } labels ? labels
            : VirtualKey.NoLabels });
        return next;

        void Set(string name, Func<VirtualKey> change) => next = form.Has(name) ? change() : next;

        uint? Limit(string name) => (uint?)form.Integer(name, 1, uint.MaxValue);

        long? Expiry()
        {
            long? second = form.Integer("expires_at", 0, BudgetWindow.LatestSecond);
            if (second <= now)
            {
                form.Fail("'expires_at' must be an epoch second in the future; set enabled to false to end a key now");
            }

            return second;
        }
    }
}
