using Busbar.Governance.Budgets;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Store;

namespace Busbar.Tests.Import;

public sealed class LiteLlmKeysTests : IDisposable
{
    private const string Config = """
        model_list:
          - {model_name: fast, litellm_params: {model: openai/gpt-4o-mini}, model_info: {access_groups: [beta]}}
          - {model_name: smart, litellm_params: {model: openai/gpt-4o}, model_info: {access_groups: [beta]}}
        general_settings: {master_key: sk-a-master-key-that-is-long}
        """;

    private static readonly string First = KeyDigest.Of("sk-first").ToHex();
    private static readonly string Second = KeyDigest.Of("sk-second").ToHex();

    private readonly ImportRun _run = new();

    public void Dispose() => _run.Dispose();

    [Fact]
    public void A_key_is_opened_by_the_secret_that_its_client_has()
    {
        _run.Import("litellm", Config, $$"""
            --
            -- PostgreSQL database dump
            --
            \restrict abc
            SET client_encoding = 'UTF8';
            CREATE TABLE public."LiteLLM_SpendLogs" (request_id text NOT NULL, messages jsonb DEFAULT '{}'::jsonb);
            COPY public."LiteLLM_SpendLogs" (request_id, messages) FROM stdin;
            r1	{"x": "it's \\"; DROP TABLE"}
            \.
            COPY public."LiteLLM_TeamTable" (team_id, team_alias, max_budget, budget_duration, spend, rpm_limit, models, blocked) FROM stdin;
            t1	Research	100.5	30d	12.25	60	{smart}	f
            t2	Frozen	\N	\N	0	\N	{}	t
            \.
            COPY public."LiteLLM_VerificationToken" (token, key_name, key_alias, spend, expires, models, user_id, team_id, max_parallel_requests, tpm_limit, rpm_limit, max_budget, budget_duration, blocked) FROM stdin;
            {{First}}	sk-...first	team\tkey	1.5	2999-01-01 00:00:00	{beta}	u1	t1	3	1000	10	20	1d	\N
            {{Second}}	\N	\N	0	\N	{}	\N	t1	\N	\N	\N	5	7d	t
            \.
            """);

        StoredGovernance stored = _run.Stored();
        VirtualKey first = stored.Keys.Single(key => key.Digest == KeyDigest.Of("sk-first"));
        Assert.Equal(
            ("team key", "smart", 3u, 1000u, 10u, 2000L, BudgetPeriod.Daily, true, 32_472_144_000L, "u1"),
            (first.Name, string.Join(',', first.AllowedPools), first.MaxConcurrent, first.TpmLimit, first.RpmLimit, first.MaxBudgetCents,
                first.Period, first.Enabled, first.ExpiresAt, first.Labels["user"]));
        Assert.Equal(1_500_000_000, stored.Windows.Single(window => window.KeyId == first.Id).SpendNanos);

        VirtualKey second = stored.Keys.Single(key => key.Digest == KeyDigest.Of("sk-second"));
        Assert.False(second.Enabled);
        Assert.Equal(["smart"], second.AllowedPools);
        Assert.Equal((LimitKind.Budget, LimitPeriod.Week, 500L), Assert.Single(second.Limits) is var limit ? (limit.Kind, limit.Period, limit.Max)
            : default);

        Group team = stored.Groups.Single(group => group.Name == "Research");
        Assert.Equal(team.Id, first.GroupId);
        Assert.Equal([(LimitKind.Budget, LimitPeriod.Month, 10_050L), (LimitKind.Requests, LimitPeriod.Minute, 60L)],
            team.Limits.Select(one => (one.Kind, one.Period, one.Max)));
        Assert.Equal(12_250_000_000, stored.LimitUsages.Single(
            usage => usage.Owner == team.Id && usage.Key.StartsWith("budget", StringComparison.Ordinal)).Used);
        Assert.True(stored.Groups.Single(group => group.Name == "Frozen").IsFrozen);
    }

    [Fact]
    public void A_key_reaches_no_further_than_its_team_and_a_pattern_stands_for_what_is_named_now()
    {
        _run.Import("litellm", Config, $$"""
            COPY public."LiteLLM_TeamTable" (team_id, team_alias, models) FROM stdin;
            t1	Research	{smart}
            t2	Any	{}
            \.
            COPY public."LiteLLM_VerificationToken" (token, key_alias, models, team_id) FROM stdin;
            {{First}}	both	{fast,smart}	t1
            {{Second}}	pattern	{s*}	t2
            {{KeyDigest.Of("sk-third").ToHex()}}	apart	{fast}	t1
            \.
            """);

        Dictionary<string, IReadOnlyList<string>> allowed = _run.Stored().Keys.ToDictionary(key => key.Name, key => key.AllowedPools);
        Assert.Equal(["smart"], allowed["both"]);
        Assert.Equal(["smart"], allowed["pattern"]);
        Assert.Equal(["no-default-models"], allowed["apart"]);
        Assert.Equal("approximate", _run.Label("key 'both': of its models those that its team has, too"));
        Assert.Equal("approximate", _run.Label("for 's*' it may use"));
    }

    [Theory]
    [InlineData("INSERT INTO public.\"LiteLLM_VerificationToken\" (token, key_alias, models, max_budget) VALUES ('{0}', 'it''s', '{{fast}}', 7), " +
        "('{1}', E'a\\'b', ARRAY['smart']::text[], NULL);")]
    [InlineData("INSERT INTO \"LiteLLM_VerificationToken\"(\"token\",\"key_alias\",\"models\",\"max_budget\") VALUES\n('{0}', $$it's$$, " +
        "'{{\"fast\"}}'::text[], 7.0);\n/* two\nlines */ INSERT INTO \"LiteLLM_VerificationToken\" (token, key_alias, models, max_budget) VALUES " +
        "('{1}', 'a''b', '{{smart}}', NULL);")]
    [InlineData("CREATE TABLE public.\"LiteLLM_VerificationToken\" (\n    token text NOT NULL,\n    key_alias text DEFAULT 'x, y'::text,\n    " +
        "models text[],\n    max_budget double precision CHECK (max_budget > 0, true),\n    CONSTRAINT pk PRIMARY KEY (token)\n);\nINSERT INTO " +
        "public.\"LiteLLM_VerificationToken\" VALUES ('{0}', 'it''s', '{{fast}}', 7);\nINSERT INTO public.\"LiteLLM_VerificationToken\" VALUES " +
        "('{1}', 'a''b', '{{smart}}', NULL);")]
    public void Rows_are_read_out_of_every_form_of_INSERT(string dump)
    {
        _run.Import("litellm", Config, string.Format(null, dump, First, Second));

        VirtualKey[] keys = [.. _run.Stored().Keys.Where(key => key.Name != "LiteLLM master key")];
        Assert.Equal(["a'b:smart:", "it's:fast:700"], keys.Select(key => $"{key.Name}:{string.Join(',', key.AllowedPools)}:{key.MaxBudgetCents}")
            .Order());
    }

    [Fact]
    public void A_list_of_models_that_are_gone_never_becomes_one_of_all()
    {
        _run.Import("litellm", Config, Keys(("{gone}", First), ("{no-default-models}", Second)));

        Assert.All(_run.Stored().Keys.Where(key => key.Name != "LiteLLM master key"), key => Assert.Single(key.AllowedPools));
        Assert.Equal("by hand", _run.Label("it may use 'gone'"));
    }

    [Fact]
    public void A_budget_beside_the_key_and_budgets_of_models_are_limits_of_it()
    {
        _run.Import("litellm", Config, $$$"""
            COPY "LiteLLM_BudgetTable" (budget_id, max_budget, budget_duration, tpm_limit) FROM stdin;
            b1	3	1mo	77
            \.
            COPY "LiteLLM_VerificationToken" (token, key_alias, budget_id, max_budget, model_max_budget) FROM stdin;
            {{{First}}}	k	b1	\N	{"smart": {"budget_limit": 2.5, "time_period": "1d"}}
            \.
            """);

        VirtualKey key = _run.Stored().Keys.Single(one => one.Name == "k");
        Assert.Equal((300L, BudgetPeriod.Monthly, 77u), (key.MaxBudgetCents, key.Period, key.TpmLimit));
        Assert.Equal(("smart", 250L, LimitPeriod.Day), Assert.Single(key.Limits) is var limit ? (limit.Scope, limit.Max, limit.Period) : default);
    }

    [Theory]
    [InlineData("PGDMP\u0001", "PostgreSQL's own format")]
    [InlineData("SELECT 1;", "no virtual keys")]
    [InlineData("COPY \"LiteLLM_VerificationToken\" (token, models) FROM stdin;\nabc\n\\.\n", "1 values for 2 columns")]
    [InlineData("COPY \"LiteLLM_VerificationToken\" (token) FROM stdin;\nabc", "cut off")]
    [InlineData("INSERT INTO \"LiteLLM_VerificationToken\" VALUES ('a');", "--column-inserts")]
    [InlineData("INSERT INTO \"LiteLLM_VerificationToken\" (token) VALUES ('a", "has no end")]
    [InlineData("INSERT INTO \"LiteLLM_VerificationToken\" (token) VALUES (md5('a'));", "an expression")]
    [InlineData("INSERT INTO \"LiteLLM_VerificationToken\" (token) SELECT 'a';", "without VALUES")]
    [InlineData("COPY \"LiteLLM_VerificationToken\" (token, max_budget, budget_duration) FROM stdin;\nabc\t3\tsoon\n\\.\n",
        "'budget_duration' cannot be read: soon")]
    [InlineData("a\0b", "no text")]
    public void A_dump_that_cannot_be_read_is_told_with_its_line(string dump, string complaint)
    {
        Assert.Equal(1, _run.Run("litellm", Config, dump));
        Assert.Contains(complaint, _run.Complaint);
        Assert.False(Path.Exists(_run.Out));
    }

    [Fact]
    public void A_key_that_stands_twice_is_taken_once()
    {
        _run.Import("litellm", Config, Keys(("{fast}", First), ("{fast}", First)));

        Assert.Equal(2, _run.Stored().Keys.Count);
    }

    private static string Keys(params (string Models, string Hash)[] keys) =>
        $"COPY \"LiteLLM_VerificationToken\" (token, models) FROM stdin;\n{string.Concat(keys.Select(key => $"{key.Hash}\t{key.Models}\n"))}\\.\n";
}
