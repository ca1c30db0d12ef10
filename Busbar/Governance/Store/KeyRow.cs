using System.Text;
using System.Text.Json;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Governance.Store;

/// <summary>
/// A key as a row of <c>virtual_keys</c>. One object reads one file: lists, labels and groups that many keys have in common are kept once.
/// </summary>
internal sealed class KeyRow
{
    /// <summary>The columns in the order in which they are read and bound.</summary>
    public const string Columns =
        "id, key_hash, name, allowed_pools, max_budget_cents, budget_period, rpm_limit, tpm_limit, enabled, created_at, former_hash, former_until, " +
            "max_concurrent, "
        + "enforcement, price_per_request_cents, price_per_1k_tokens_cents, expires_at, group_id, labels, access_key_id, access_key_secret, limits";

    private readonly Dictionary<string, string[]?> _pools = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, string>?> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _groups = new(StringComparer.Ordinal);

    /// <summary>What was read with a meaning it may not have had, a sentence each.</summary>
    public List<string> Warnings { get; } = [];

    /// <summary>The values of <paramref name="key"/> for <see cref="Columns"/>.</summary>
    public static object?[] ValuesOf(VirtualKey key) =>
    [
        key.Id,
        key.Digest.ToHex(),
        key.Name,
        WritePools(key.AllowedPools),
        key.MaxBudgetCents,
        NameOf(key.Period),
        key.RpmLimit,
        key.TpmLimit,
        key.Enabled ? 1 : 0,
        key.CreatedAt,
        key.FormerDigest?.ToHex(),
        key.FormerUntil,
        key.MaxConcurrent,
        key.Enforcement == Enforcement.Soft ? "soft" : "strict",
        key.PricePerRequestCents,
        key.PricePer1KTokensCents,
        key.ExpiresAt,
        key.GroupId,
        WriteLabels(key.Labels),
        key.AccessKey?.Id,
        key.AccessKey?.SealedSecret,
        GroupRow.WriteLimits(key.Limits),
    ];

    /// <summary>
    /// The key of the current row. Throws <see cref="InvalidDataException"/> that names key and column when one of them makes no sense.
    /// </summary>
    public VirtualKey Read(IStoreRow row)
    {
        string id = row.Text(0);
        try
        {
            return new VirtualKey
            {
                Id = id,
                Digest = Digest(row, 1),
                Name = row.Text(2),
                AllowedPools = Pools(row, 3),
                MaxBudgetCents = Optional(row, 4),
                Period = Period(row, id),
                RpmLimit = Limit(row, 6),
                TpmLimit = Limit(row, 7),
                Enabled = row.Count(8) != 0,
                CreatedAt = row.Count(9),
                FormerDigest = row.IsNull(10) ? null : Digest(row, 10),
                FormerUntil = row.Count(11),
                MaxConcurrent = Limit(row, 12),
                Enforcement = Strictness(row, 13),
                PricePerRequestCents = Optional(row, 14),
                PricePer1KTokensCents = Optional(row, 15),
                ExpiresAt = Optional(row, 16),
                GroupId = row.IsNull(17) ? null : Shared(_groups, row.Utf8(17), static group => group),
                Labels = Labels(row, 18),
                AccessKey = row.IsNull(19) ? null : new AccessKeyPair(row.Text(19), row.Blob(20)),
                Limits = row.Utf8(21) is { IsEmpty: false } limits ? GroupRow.ReadLimits(Encoding.UTF8.GetString(limits)) ?? throw row.Unreadable(21)
                    : [],
            };
        }
        catch (InvalidDataException problem)
        {
            throw new InvalidDataException($"{problem.Message} for key '{id}'; correct that row or restore the database from a backup", problem);
        }
    }

    private static KeyDigest Digest(IStoreRow row, int column) => KeyDigest.TryParse(row.Utf8(column), out KeyDigest digest) ? digest
        : throw row.Unreadable(column);

    private static long? Optional(IStoreRow row, int column) => row.IsNull(column) ? null : row.Count(column);

    private static uint? Limit(IStoreRow row, int column) =>
        Optional(row, column) is not { } limit ? null : limit <= uint.MaxValue ? (uint)limit : throw row.Unreadable(column);

    private static Enforcement Strictness(IStoreRow row, int column)
    {
        ReadOnlySpan<byte> name = row.Utf8(column);
        return name.SequenceEqual("strict"u8) ? Enforcement.Strict : name.SequenceEqual("soft"u8) ? Enforcement.Soft : throw row.Unreadable(column);
    }

    private BudgetPeriod Period(IStoreRow row, string id)
    {
        ReadOnlySpan<byte> name = row.Utf8(5);
        if (name.SequenceEqual("total"u8))
        {
            return BudgetPeriod.Total;
        }

        if (name.SequenceEqual("daily"u8))
        {
            return BudgetPeriod.Daily;
        }

        if (name.SequenceEqual("monthly"u8))
        {
            return BudgetPeriod.Monthly;
        }

        Warnings.Add($"the budget period of key '{id}' is unknown: its budget is for all time");
        return BudgetPeriod.Total;
    }

    private static string NameOf(BudgetPeriod period) => period switch
    {
        BudgetPeriod.Daily => "daily",
        BudgetPeriod.Monthly => "monthly",
        _ => "total",
    };

    private IReadOnlyList<string> Pools(IStoreRow row, int column) =>
        row.Utf8(column) is { IsEmpty: false } text ? Shared(_pools, text, ReadPools) ?? throw row.Unreadable(column) : [];

    private IReadOnlyDictionary<string, string> Labels(IStoreRow row, int column) =>
        row.Utf8(column) is { IsEmpty: false } text ? Shared(_labels, text, ReadLabels) ?? throw row.Unreadable(column) : VirtualKey.NoLabels;

    // A text that was seen before becomes no string again.
    private static T Shared<T>(Dictionary<string, T> known, ReadOnlySpan<byte> utf8, Func<string, T> read)
    {
        const int StackLimit = 256;
        Span<char> buffer = utf8.Length <= StackLimit ? stackalloc char[StackLimit] : new char[utf8.Length];
        ReadOnlySpan<char> text = buffer[..Encoding.UTF8.GetChars(utf8, buffer)];
        Dictionary<string, T>.AlternateLookup<ReadOnlySpan<char>> lookup = known.GetAlternateLookup<ReadOnlySpan<char>>();
        if (!lookup.TryGetValue(text, out T? value))
        {
            value = read(text.ToString());
            lookup[text] = value;
        }

        return value;
    }

    // A JSON array, or the predecessor's names between commas. Null for neither; a text without any name must not come to mean "all".
    private static string[]? ReadPools(string text)
    {
        if (!text.StartsWith('['))
        {
            string[] parts = text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            return parts.Length > 0 ? parts : null;
        }

        var names = new List<string>();
        return ReadStrings(text, JsonTokenType.StartArray, names) ? [.. names] : null;
    }

    private static Dictionary<string, string>? ReadLabels(string text)
    {
        var strings = new List<string>();
        if (!ReadStrings(text, JsonTokenType.StartObject, strings))
        {
            return null;
        }

        var labels = new Dictionary<string, string>(strings.Count / 2, StringComparer.Ordinal);
        for (int i = 0; i < strings.Count; i += 2)
        {
            labels[strings[i]] = strings[i + 1];
        }

        return labels;
    }

    // The strings of a flat array or object, names included; false when there is anything else.
    private static bool ReadStrings(string text, JsonTokenType opening, List<string> strings)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
        try
        {
            bool isOpen = reader.Read() && reader.TokenType == opening;
            while (isOpen && reader.Read() && reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
            {
                strings.Add(reader.GetString()!);
            }

            return isOpen && reader.TokenType is JsonTokenType.EndArray or JsonTokenType.EndObject && !reader.Read();
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string WritePools(IReadOnlyList<string> names)
    {
        if (names.Count == 0)
        {
            return string.Empty;
        }

        using var buffer = new PooledBuffer();
        var json = new JsonWriter(buffer);
        json.StartArray();
        foreach (string name in names)
        {
            json.String(name);
        }

        json.EndArray();
        return Encoding.UTF8.GetString(buffer.Span);
    }

    private static string WriteLabels(IReadOnlyDictionary<string, string> labels)
    {
        if (labels.Count == 0)
        {
            return string.Empty;
        }

        using var buffer = new PooledBuffer();
        var json = new JsonWriter(buffer);
        json.StartObject();
        foreach ((string name, string value) in labels)
        {
            json.String(JsonText.From(name).Span, value);
        }

        json.EndObject();
        return Encoding.UTF8.GetString(buffer.Span);
    }
}
