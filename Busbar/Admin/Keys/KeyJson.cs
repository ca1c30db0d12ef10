using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Admin.Keys;

/// <summary>Writes keys: everything but digests and sealed secrets.</summary>
internal static class KeyJson
{
    /// <summary>The members of <paramref name="key"/> in the group called <paramref name="group"/>, inside an object.</summary>
    public static void WriteMembers(JsonWriter json, VirtualKey key, string? group)
    {
        json.String("id"u8, key.Id);
        json.String("name"u8, key.Name);
        json.StartArray("allowed_pools"u8);
        foreach (string pool in key.AllowedPools)
        {
            json.String(pool);
        }

        json.EndArray();
        Optional(json, "max_budget_cents"u8, key.MaxBudgetCents);
        json.String("budget_period"u8, key.Period switch { BudgetPeriod.Daily => "daily", BudgetPeriod.Monthly => "monthly", _ => "total" });
        Optional(json, "rpm_limit"u8, key.RpmLimit);
        Optional(json, "tpm_limit"u8, key.TpmLimit);
        json.Bool("enabled"u8, key.Enabled);
        json.Bool("blocked"u8, key.IsBlocked);
        json.Number("created_at"u8, key.CreatedAt);
        Optional(json, "max_concurrent"u8, key.MaxConcurrent);
        json.String("enforcement"u8, key.Enforcement == Enforcement.Soft ? "soft" : "strict");
        Optional(json, "price_per_request_cents"u8, key.PricePerRequestCents);
        Optional(json, "price_per_1k_tokens_cents"u8, key.PricePer1KTokensCents);
        Optional(json, "expires_at"u8, key.ExpiresAt);
        Optional(json, "group"u8, group);
        Optional(json, "group_id"u8, key.GroupId);
        LimitsJson.Write(json, "limits"u8, [], key.Limits, 0);
        json.StartObject("labels"u8);
        foreach ((string name, string value) in key.Labels)
        {
            json.Text(JsonText.From(name));
            json.Output.Write((byte)':');
            json.String(value);
        }

        json.EndObject();
        Optional(json, "access_key_id"u8, key.AccessKey?.Id);
        Optional(json, "former_secret_until"u8, key.FormerDigest is null ? null : key.FormerUntil);
    }

    /// <summary>Money as whole cents and as millionths of a cent, both rounded down, and exactly in nano-dollars.</summary>
    public static void WriteSpend(JsonWriter json, long nanos)
    {
        json.Number("spend_cents"u8, nanos / Money.NanosPerCent);
        json.Number("spend_micro_cents"u8, nanos / Money.NanosPerMicroCent);
        json.Number("spend_nano_dollars"u8, nanos);
    }

    private static void Optional(JsonWriter json, ReadOnlySpan<byte> name, long? value)
    {
        if (value is { } number)
        {
            json.Number(name, number);
        }
        else
        {
            json.Null(name);
        }
    }

    private static void Optional(JsonWriter json, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
        {
            json.Null(name);
        }
        else
        {
            json.String(name, value);
        }
    }
}
