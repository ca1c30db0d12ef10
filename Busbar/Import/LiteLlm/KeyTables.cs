using System.Globalization;
using Busbar.Configuration;
using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Import.Draft;
using Busbar.Import.Sql;
using Busbar.Wire.Json;

namespace Busbar.Import.LiteLlm;

/// <summary>Makes groups of organisations and teams, and keys of virtual keys.</summary>
/// <param name="dump">The tables.</param>
/// <param name="accessGroups">Names of access groups with the models in them.</param>
/// <param name="plan">Takes groups, keys and notes.</param>
/// <param name="now">The time of the import.</param>
internal sealed class KeyTables(SqlDump dump, Dictionary<string, HashSet<string>> accessGroups, ImportPlan plan, DateTimeOffset now)
{
    /// <summary>The tables that are read.</summary>
    public static readonly string[] Names = [Keys, Teams, Organizations, Budgets, Models];

    private const string Keys = "LiteLLM_VerificationToken";
    private const string Teams = "LiteLLM_TeamTable";
    private const string Organizations = "LiteLLM_OrganizationTable";
    private const string Budgets = "LiteLLM_BudgetTable";
    private const string Models = "LiteLLM_ProxyModelTable";
    private const int LongestText = 200;
    private const int MaxPools = 1000;

    // What a list of models may hold that is no model.
    private const string AllModels = "all-proxy-models";
    private const string TeamModels = "all-team-models";
    private const string NoModels = "no-default-models";

    private readonly Dictionary<string, SqlRow> _budgets = [];
    private readonly Dictionary<string, (string Id, IReadOnlyList<string> Models)> _teams = [];
    private readonly Dictionary<string, string> _organizations = [];
    private readonly HashSet<(string?, string)> _names = [];

    /// <summary>Reads all tables. A problem when there are no keys at all, since that is hardly what was meant.</summary>
    public void Read()
    {
        foreach (SqlRow row in dump.Rows(Budgets))
        {
            _budgets.TryAdd(row["budget_id"] ?? "", row);
        }

        foreach (SqlRow row in dump.Rows(Organizations))
        {
            string id = row["organization_id"] ?? "";
            _organizations[id] = AddGroup(row, Named(row["organization_alias"], id), id, null, $"organization '{id}'");
        }

        foreach (SqlRow row in dump.Rows(Teams))
        {
            string id = row["team_id"] ?? "";
            string? parent = row["organization_id"] is { } above ? _organizations.GetValueOrDefault(above) : null;
            _teams[id] = (AddGroup(row, Named(row["team_alias"], id), id, parent, $"team '{id}'"),
                Allowed(row["models"], $"team '{id}'", row.Location));
        }

        if (dump.Rows(Models).Count > 0)
        {
            plan.Note(Verdict.ByHand, Models, dump.Rows(Models)[0].Location,
                $"{dump.Rows(Models).Count} models were added in the page of LiteLLM and are encrypted there: add them to the configuration");
        }

        if (dump.Rows(Keys).Count == 0)
        {
            plan.Report.Error(Keys, new SourceLocation(dump.File, 0, 0), "the dump has no virtual keys",
                "write it with pg_dump --format=plain, of the database and schema that LiteLLM uses");
        }

        HashSet<string> ids = [];
        foreach (SqlRow row in dump.Rows(Keys))
        {
            AddKey(row, ids);
        }
    }

    private string AddGroup(SqlRow row, string name, string foreignId, string? parent, string setting)
    {
        SqlRow terms = Terms(row);
        List<Limit> limits = [];
        long spent = 0;
        Verdict verdict = Verdict.Exact;
        if (BudgetTerms.Cents(terms["max_budget"]) is { } cents)
        {
            if (BudgetTerms.Window(terms["budget_duration"]) is var (period, days, likeness))
            {
                limits.Add(new Limit { Kind = LimitKind.Budget, Period = period, Days = days, Max = cents });
                (verdict, spent) = (likeness, BudgetTerms.Nanos(row["spend"]));
            }
            else
            {
                Unread(row, setting, "budget_duration", terms["budget_duration"]);
            }
        }

        foreach ((string column, LimitKind kind, LimitPeriod period) in (ReadOnlySpan<(string, LimitKind, LimitPeriod)>)
            [("rpm_limit", LimitKind.Requests, LimitPeriod.Minute), ("tpm_limit", LimitKind.Tokens, LimitPeriod.Minute),
                ("max_parallel_requests", LimitKind.Concurrency, default)])
        {
            if (Number(terms[column]) is { } most)
            {
                limits.Add(new Limit { Kind = kind, Period = period, Max = most });
            }
        }

        if (!_names.Add((parent, name)))
        {
            name = Cut($"{name} ({foreignId})");
            _names.Add((parent, name));
        }

        // Made of the id, so that a second import gives the same.
        string id = $"grp_{KeyDigest.Of(setting).ToHex()[..16]}";
        var group = new Group { Id = id, Name = name, ParentId = parent, IsFrozen = IsTrue(row["blocked"]), CreatedAt =
            BudgetTerms.Second(row["created_at"]) ?? now.ToUnixTimeSeconds(), Limits = limits };
        plan.Groups.Add(new DraftGroup(group, spent));
        plan.Note(verdict, setting, row.Location,
            $"the group '{name}'{(verdict == Verdict.Approximate ? ", whose budget has the nearest window" : "")}");
        return id;
    }

    private void AddKey(SqlRow row, HashSet<string> ids)
    {
        if (row["token"] is not { Length: > 0 } token)
        {
            plan.Report.Error(Keys, row.Location, "a row has no token");
            return;
        }

        // Old versions kept the token itself.
        KeyDigest digest = KeyDigest.TryParse(System.Text.Encoding.UTF8.GetBytes(token), out KeyDigest hashed) ? hashed : KeyDigest.Of(token);
        if (!ids.Add(digest.ToKeyId()))
        {
            return;
        }

        string name = Named(row["key_alias"], row["key_name"] is { Length: > 0 } shown ? shown : $"LiteLLM {digest.ToKeyId()}");
        string setting = $"key '{name}'";
        (string Id, IReadOnlyList<string> Models)? team = row["team_id"] is { } teamId && _teams.TryGetValue(teamId, out var found) ? found : null;
        if (row["team_id"] is { Length: > 0 } missing && team is null)
        {
            plan.Note(Verdict.ByHand, setting, row.Location, $"its team '{missing}' is not in the dump: it belongs to no group");
        }

        IReadOnlyList<string> allowed = Allowed(row["models"], setting, row.Location, team?.Models);
        SqlRow terms = Terms(row);
        var key = new VirtualKey
        {
            Id = digest.ToKeyId(),
            Digest = digest,
            Name = name,
            AllowedPools = allowed,
            RpmLimit = (uint?)Number(terms["rpm_limit"], least: 1),
            TpmLimit = (uint?)Number(terms["tpm_limit"], least: 1),
            MaxConcurrent = (uint?)Number(terms["max_parallel_requests"], least: 1),
            Enabled = !IsTrue(row["blocked"]) && !IsShut(terms),
            CreatedAt = BudgetTerms.Second(row["created_at"]) ?? now.ToUnixTimeSeconds(),
            ExpiresAt = BudgetTerms.Second(row["expires"]),
            GroupId = team?.Id ?? (row["organization_id"] is { } organization ? _organizations.GetValueOrDefault(organization) : null),
            Labels = row["user_id"] is { Length: > 0 } user ? new Dictionary<string, string> { ["user"] = Cut(user) } : VirtualKey.NoLabels,
        };
        Verdict verdict = Verdict.Exact;
        List<Limit> limits = ModelBudgets(row, setting);
        if (BudgetTerms.Cents(terms["max_budget"]) is { } cents)
        {
            if (BudgetTerms.Window(terms["budget_duration"]) is not var (period, days, likeness))
            {
                Unread(row, setting, "budget_duration", terms["budget_duration"]);
                return;
            }

            verdict = likeness;
            if (BudgetTerms.Period(period) is { } own)
            {
                key = key with { MaxBudgetCents = cents, Period = own };
            }
            else
            {
                limits.Add(new Limit { Kind = LimitKind.Budget, Period = period, Days = days, Max = cents });
            }
        }

        plan.Keys.Add(new DraftKey(key with { Limits = limits }, BudgetTerms.Nanos(row["spend"])));
        plan.Note(verdict, setting, row.Location, verdict == Verdict.Exact ? "taken over by its hash"
            : "taken over by its hash; its budget has the nearest window");
        foreach (string column in (ReadOnlySpan<string>)["aliases", "config", "permissions", "allowed_routes", "object_permission_id",
            "router_settings"])
        {
            if (row[column] is not (null or "" or "{}" or "[]" or "null"))
            {
                plan.Note(Verdict.Unsupported, $"{setting}: {column}", row.Location,
                    column is "allowed_routes" or "permissions" or "object_permission_id"
                    ? "what it restricted beyond models is not restricted here"
                    : "a key has nothing like it");
            }
        }
    }

    // Of a model: {"gpt-4o": {"budget_limit": 10, "time_period": "1d"}}, or a plain number.
    private List<Limit> ModelBudgets(SqlRow row, string setting)
    {
        List<Limit> limits = [];
        if (row["model_max_budget"] is not { } text || text is "" or "{}")
        {
            return limits;
        }

        using var tape = new JsonTape();
        if (!tape.TryParse(System.Text.Encoding.UTF8.GetBytes(text)))
        {
            Unread(row, setting, "model_max_budget", "no JSON");
            return limits;
        }

        foreach (JsonMember member in tape.Root.Members)
        {
            string scope = member.Name.ToString();
            string most = member.Value["budget_limit"u8].IsMissing ? member.Value["max_budget"u8].IsMissing ? member.Value.Raw.ToString()
                : member.Value["max_budget"u8].Raw.ToString() : member.Value["budget_limit"u8].Raw.ToString();
            string duration = member.Value["time_period"u8].IsMissing ? member.Value["budget_duration"u8].Text.ToString()
                : member.Value["time_period"u8].Text.ToString();
            if (BudgetTerms.Cents(most) is { } cents && BudgetTerms.Window(duration) is var (period, days, _)
                && !limits.Exists(limit => limit.Scope == scope && limit.Period == period))
            {
                limits.Add(new Limit { Kind = LimitKind.Budget, Period = period, Days = days, Max = cents, Scope = scope });
                plan.Note(Verdict.Approximate, $"{setting}: model_max_budget", row.Location,
                    $"a limit for '{scope}'; what was spent of it before is not known");
            }
            else
            {
                plan.Note(Verdict.ByHand, $"{setting}: model_max_budget", row.Location, $"the budget of '{scope}' could not be read");
            }
        }

        return limits;
    }

    // A zero of LiteLLM lets nothing through, which is no limit that a key has here.
    private static bool IsShut(SqlRow terms) => terms["rpm_limit"] == "0" || terms["tpm_limit"] == "0" || terms["max_parallel_requests"] == "0";

    // What a row says itself goes before what its budget says.
    private SqlRow Terms(SqlRow row) => row["budget_id"] is { } id && _budgets.TryGetValue(id, out SqlRow? budget) ? row.Over(budget) : row;

    // An empty list admits to everything: it must never come of one that had something in it.
    private List<string> Allowed(string? models, string setting, SourceLocation location, IReadOnlyList<string>? ofTeam = null)
    {
        IReadOnlyList<string> named = PostgresArray.Parse(models ?? "");
        if (named.Count == 0 || named.Contains(TeamModels))
        {
            return [.. ofTeam ?? []];
        }

        if (named.Contains(AllModels))
        {
            return [];
        }

        HashSet<string> known = [.. plan.Config.Pools.Select(pool => pool.Name), .. plan.Config.Models.Select(model => model.Name)];
        List<string> allowed = [];
        foreach (string name in named.Where(name => name != NoModels))
        {
            bool isGroup = !known.Contains(name) && accessGroups.ContainsKey(name);
            string[] fitting = name.EndsWith('*') ? [.. known.Where(other => other.StartsWith(name[..^1], StringComparison.Ordinal)).Order()] : [];
            allowed.AddRange(isGroup ? accessGroups[name] : fitting.Length > 0 ? fitting : [Cut(name)]);
            if (fitting.Length > 0)
            {
                plan.Note(Verdict.Approximate, setting, location, $"for '{name}' it may use those that the configuration names now");
            }
            else if (!isGroup && !known.Contains(name))
            {
                plan.Note(Verdict.ByHand, setting, location, $"it may use '{name}', which is no model or pool of the configuration");
            }
        }

        allowed = [.. allowed.Distinct()];
        if (allowed.Count > MaxPools)
        {
            plan.Note(Verdict.Approximate, setting, location, $"only the first {MaxPools} of its models are kept");
        }

        // A team without a list admits to everything; with one, its keys reach no further.
        if (ofTeam is { Count: > 0 } && allowed.Exists(name => !ofTeam.Contains(name)))
        {
            allowed = [.. allowed.Where(name => ofTeam.Contains(name))];
            plan.Note(Verdict.Approximate, setting, location, "of its models those that its team has, too");
        }

        return allowed.Count == 0 ? [NoModels] : [.. allowed.Take(MaxPools)];
    }

    private void Unread(SqlRow row, string setting, string column, string? value)
        => plan.Report.Error(setting, row.Location, $"'{column}' cannot be read: {value}");

    private static long? Number(string? text, long least = 0) =>
        decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number) && number >= least
            ? (long)Math.Min(number, uint.MaxValue) : null;

    private static bool IsTrue(string? text) => text is "t" or "true" or "TRUE" or "True";

    private static string Named(string? alias, string otherwise) => Cut(string.IsNullOrWhiteSpace(alias) ? otherwise : alias);

    private static string Cut(string text)
    {
        string clean = string.Concat(text.Select(letter => char.IsControl(letter) ? ' ' : letter)).Trim();
        return clean.Length > LongestText ? clean[..LongestText] : clean;
    }
}
