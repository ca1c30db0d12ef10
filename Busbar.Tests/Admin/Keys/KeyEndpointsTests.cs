using System.Security.Cryptography;
using System.Text.Json;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Ir;
using Busbar.Tests.Governance;

namespace Busbar.Tests.Admin.Keys;

public sealed class KeyEndpointsTests
{
    [Fact]
    [Trait("gotcha", "C213")]
    public async Task C213_a_key_is_minted_shown_once_and_found_by_its_digest()
    {
        await using var scene = new AdminScene();
        AdminAnswer made = await scene.SendAsync("POST", "/admin/keys",
            """{"name":"team","allowed_pools":["fast","small"],"max_budget_cents":7,"budget_period":"daily","rpm_limit":1,"tpm_limit":""" +
            """2,"max_concurrent":3,"enforcement":"soft","price_per_request_cents":0,"price_per_1k_tokens_cents":4,"expires_at":""" +
            """1767225601,"group":"g","labels":{"a":"b","\"":"\\"}}""");
        string secret = made.Text("secret");
        string id = made.Text("id");

        Assert.Matches("^sk-bb-[0-9a-f]{64}$", secret);
        Assert.Equal(KeyDigest.Of(secret).ToKeyId(), id);
        Assert.True(scene.Opens(secret));
        VirtualKey kept = Assert.Single(scene.Store.Keys);
        Assert.Equal(
            ("team", "fast,small", 7L, BudgetPeriod.Daily, 1u, 2u, 3u, Enforcement.Soft, 0L, 4L, 1_767_225_601L, "g", "\\"),
            (kept.Name, string.Join(',', kept.AllowedPools), kept.MaxBudgetCents, kept.Period, kept.RpmLimit, kept.TpmLimit, kept.MaxConcurrent,
                kept.Enforcement, kept.PricePerRequestCents, kept.PricePer1KTokensCents, kept.ExpiresAt,
            scene.Governor.Groups.Find(kept.GroupId)!.Group.Name, kept.Labels["\""]));
        foreach (string path in (string[])["/admin/keys", $"/admin/keys/{id}", $"/admin/keys/{id}/usage", "/admin/usage", "/admin/audit",
            "/admin/config", "/admin/status"])
        {
            string body = (await scene.SendAsync("GET", path)).Body;
            Assert.DoesNotContain(secret, body);
            Assert.DoesNotContain(KeyDigest.Of(secret).ToHex(), body);
        }
    }

    [Fact]
    public async Task A_key_made_of_a_hash_is_opened_by_the_secret_that_clients_have_already()
    {
        await using var scene = new AdminScene();
        string hash = KeyDigest.Of("sk-of-another-gateway").ToHex();
        AdminAnswer made = await scene.SendAsync("POST", "/admin/keys", $$"""{"name":"a","key_hash":"{{hash.ToUpperInvariant()}}"}""");

        Assert.Equal(201, made.Status);
        Assert.DoesNotContain("secret\"", made.Body);
        Assert.True(scene.Opens("sk-of-another-gateway"));
        Assert.Equal(409, (await scene.SendAsync("POST", "/admin/keys", $$"""{"name":"b","key_hash":"{{hash}}"}""")).Status);
        Assert.Equal(400, (await scene.SendAsync("POST", "/admin/keys", """{"name":"b","key_hash":"12"}""")).Status);
        Assert.Equal(400, (await scene.SendAsync("PATCH", $"/admin/keys/{made.Text("id")}", $$"""{"key_hash":"{{hash}}"}""")).Status);
    }

    [Theory]
    [Trait("gotcha", "C214")]
    [InlineData("""{}""", "'name' is required")]
    [InlineData("""{"name":null}""", "'name' is required")]
    [InlineData("""{"name":""}""", "1 to 200 characters")]
    [InlineData("""{"name":"a\nb"}""", "control characters")]
    [InlineData("""{"name":7}""", "must be a text")]
    [InlineData("""{"name":"a","budget_period":"weekly"}""", "total, daily, monthly")]
    [InlineData("""{"name":"a","budget_period":null}""", "total, daily, monthly")]
    [InlineData("""{"name":"a","max_budget_cents":-1}""", "at least 0")]
    [InlineData("""{"name":"a","max_budget_cents":1.5}""", "whole number")]
    [InlineData("""{"name":"a","max_budget_cents":"5"}""", "whole number")]
    [InlineData("""{"name":"a","max_budget_cents":1e300}""", "whole number")]
    [InlineData("""{"name":"a","rpm_limit":0}""", "at least 1")]
    [InlineData("""{"name":"a","tpm_limit":0}""", "at least 1")]
    [InlineData("""{"name":"a","tpm_limit":4294967296}""", "at most 4294967295")]
    [InlineData("""{"name":"a","max_concurrent":0}""", "at least 1")]
    [InlineData("""{"name":"a","enabled":null}""", "true or false")]
    [InlineData("""{"name":"a","expires_at":1767225600}""", "in the future")]
    [InlineData("""{"name":"a","allowed_pools":"fast"}""", "a list of texts")]
    [InlineData("""{"name":"a","allowed_pools":["fast",1]}""", "must be a text")]
    [InlineData("""{"name":"a","allowed_pools":["fast","fast"]}""", "twice")]
    [InlineData("""{"name":"a","labels":[]}""", "an object of texts")]
    [InlineData("""{"name":"a","labels":{"a":1}}""", "must be a text")]
    [InlineData("""{"name":"a","labels":{"a":"b","\u0061":"c"}}""", "twice")]
    [InlineData("""{"name":"a","rpm_limits":1}""", "did you mean 'rpm_limit'?")]
    [InlineData("""{"name":"a","rpm_limit":1,"rpm_limit":2}""", "'rpm_limit' is given twice")]
    [InlineData("""[]""", "must be a JSON object")]
    [InlineData("""{"name":"a"} x""", "not JSON")]
    public async Task C214_a_value_that_makes_no_sense_is_400_and_makes_nothing(string body, string message)
    {
        await using var scene = new AdminScene();
        AdminAnswer answer = await scene.SendAsync("POST", "/admin/keys", body);

        Assert.Equal(400, answer.Status);
        Assert.Contains(message, answer.Message);
        Assert.Empty(scene.Store.Keys);
    }

    [Fact]
    [Trait("gotcha", "C214")]
    public async Task C214_a_budget_of_zero_is_accepted_and_forbids_everything()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync("""{"name":"a","max_budget_cents":0}""");

        Assert.Equal(Refusal.Budget, Reserve(scene, id));
    }

    [Fact]
    public async Task Sizes_are_bounded()
    {
        await using var scene = new AdminScene();
        string name = new('n', 200);
        string pools = string.Join(',', Enumerable.Range(0, 1000).Select(number => $"\"p{number}\""));
        string labels = string.Join(',', Enumerable.Range(0, 32).Select(number => $"\"l{number}\":\"{name}\""));
        await scene.CreateAsync($$"""{"name":"{{name}}","allowed_pools":[{{pools}}],"labels":{ {{labels}} } }""");

        foreach (string body in (string[])[$$"""{"name":"{{name}}n"}""", $$"""{"name":"a","allowed_pools":[{{pools}},"x"]}""",
            $$"""{"name":"a","labels":{ {{labels}},"x":"y" } }"""])
        {
            Assert.Equal(400, (await scene.SendAsync("POST", "/admin/keys", body)).Status);
        }

        Assert.Equal((413, "body_too_large"), await Refused("{" + new string(' ', 64 * 1024) + "}"));
        Assert.Equal((400, "malformed_json"), await Refused(new string('[', 60_000)));

        async Task<(int, string)> Refused(string body) => await scene.SendAsync("POST", "/admin/keys", body) is var answer
            ? (answer.Status, answer.Code) : default;
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("application/jsonp")]
    [InlineData("")]
    [InlineData(null)]
    public async Task A_body_that_is_not_announced_as_JSON_is_415(string? contentType)
    {
        await using var scene = new AdminScene();

        Assert.Equal(415, (await scene.SendAsync("POST", "/admin/keys", """{"name":"a"}""", contentType: contentType)).Status);
        Assert.Equal(415, (await scene.SendAsync("POST", "/admin/keys", """{"name":"a"}""", headers: ("Content-Encoding", "gzip"))).Status);
        Assert.Equal(201, (await scene.SendAsync("POST", "/admin/keys", """{"name":"a"}""", contentType: "Application/JSON ; charset=utf-8")).Status);
        Assert.Equal(400, (await scene.SendAsync("POST", "/admin/reload", """{"name":"a"}""")).Status);
    }

    [Fact]
    [Trait("gotcha", "C215")]
    public async Task C215_an_unknown_pool_is_accepted_with_a_warning()
    {
        await using var scene = new AdminScene();
        await scene.CreateAsync("""{"name":"a","allowed_pools":["fast","small","elsewhere"]}""");

        Assert.Contains("Warning key vk_", scene.Log.Text);
        Assert.Contains("'elsewhere'", scene.Log.Text);
        Assert.DoesNotContain("'fast'", scene.Log.Text);
    }

    [Fact]
    [Trait("gotcha", "C216")]
    public async Task C216_a_cap_is_kept_when_absent_cleared_by_null_and_never_zero()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync("""{"name":"a","rpm_limit":5,"tpm_limit":6,"max_budget_cents":7}""");

        await Patch("""{"rpm_limit":null}""", 200, "null,6,7");
        await Patch("""{"tpm_limit":9,"max_budget_cents":0}""", 200, "null,9,0");
        await Patch("""{"tpm_limit":0}""", 400, "null,9,0");
        await Patch("""{"max_budget_cents":3,"rpm_limit":0}""", 400, "null,9,0");
        await Patch("""{}""", 200, "null,9,0");
        await Patch("", 200, "null,9,0");

        async Task Patch(string body, int status, string caps)
        {
            Assert.Equal(status, (await scene.SendAsync("PATCH", $"/admin/keys/{id}", body)).Status);
            JsonElement key = (await scene.SendAsync("GET", $"/admin/keys/{id}")).Json;
            Assert.Equal(
                caps, $"{key.GetProperty("rpm_limit").GetRawText()},{key.GetProperty("tpm_limit").GetRawText()}" +
                $",{key.GetProperty("max_budget_cents").GetRawText()}");
        }
    }

    [Fact]
    public async Task Name_list_and_period_can_be_changed_and_what_was_spent_goes_on_into_the_new_period()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync("""{"name":"a","budget_period":"monthly","max_budget_cents":100}""");
        KeyEntry entry = scene.Governor.Keys.Find(id)!;
        var reservation = new Reservation();
        var prices = new PriceList(scene.Gateway.Config.Governance, scene.Gateway.Config.Models);
        Assert.Equal(Refusal.None, scene.Governor.TryReserve(entry, prices, ["small"], default, reservation));
        new Charge("small", Fee: true, default, IsEstimated: false).Settle(reservation);

        AdminAnswer answer = await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"name":"b","allowed_pools":["fast"],"budget_period":"total"}""");

        Assert.Equal(200, answer.Status);
        Assert.Equal(("b", "[\"fast\"]", "total"), (answer.Text("name"), answer.Json.GetProperty("allowed_pools").GetRawText(),
            answer.Text("budget_period")));
        Assert.Equal(1, (await scene.SendAsync("GET", $"/admin/keys/{id}/usage")).Json.GetProperty("spend_cents").GetInt64());
        Assert.Equal(10_000_000, Assert.Single(scene.Store.Load(scene.Time.GetUtcNow().ToUnixTimeSeconds()).Windows).SpendNanos);
        Assert.Equal(200, (await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"budget_period":"daily"}""")).Status);
        Assert.Equal(1, (await scene.SendAsync("GET", $"/admin/keys/{id}/usage")).Json.GetProperty("spend_cents").GetInt64());
    }

    [Fact]
    public async Task A_budget_without_a_price_is_noticed()
    {
        await using var scene = new AdminScene();

        AdminAnswer made = await scene.SendAsync("POST", "/admin/keys", """{"name":"a","max_budget_cents":100}""");

        Assert.Contains("no price", Assert.Single(made.Json.GetProperty("warnings").EnumerateArray()).GetString());
        Assert.Contains("no price", scene.Log.Text);
        Assert.False((await scene.SendAsync("POST", "/admin/keys", """{"name":"a"}""")).Json.TryGetProperty("warnings", out _));
    }

    [Theory]
    [InlineData("id")]
    [InlineData("secret")]
    [InlineData("key_hash")]
    [InlineData("created_at")]
    public async Task What_cannot_change_is_refused_by_name(string member)
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync("""{"name":"a"}""");
        AdminAnswer answer = await scene.SendAsync("PATCH", $"/admin/keys/{id}", $$"""{"enabled":false,"{{member}}":null}""");

        Assert.Equal((400, "immutable"), (answer.Status, answer.Code));
        Assert.True(Assert.Single(scene.Store.Keys).Enabled);
    }

    [Fact]
    [Trait("gotcha", "C217")]
    public async Task C217_a_disabled_key_is_unknown_at_once_and_comes_back_with_its_usage()
    {
        await using var scene = new AdminScene();
        (string id, string secret) = await scene.CreateAsync();
        Charge(scene, id);
        await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"enabled":false}""");
        Assert.False(scene.Opens(secret));

        await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"enabled":true}""");
        Assert.True(scene.Opens(secret));
        AdminAnswer usage = await scene.SendAsync("GET", $"/admin/keys/{id}/usage");
        Assert.Equal((1, 1_000_000, 30, 1), (usage.Number("spend_cents"), usage.Number("spend_micro_cents"), usage.Number("tokens"),
            usage.Number("requests")));
    }

    [Fact]
    [Trait("gotcha", "C218")]
    public async Task C218_of_deletes_at_once_one_finds_the_key()
    {
        await using var scene = new AdminScene();
        Assert.Equal(404, (await scene.SendAsync("DELETE", "/admin/keys/vk_0000000000000000")).Status);
        (string id, string secret) = await scene.CreateAsync();

        AdminAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 16)
            .Select(_ => Task.Run(() => scene.SendAsync("DELETE", $"/admin/keys/{id}"))));

        Assert.Equal(id, Assert.Single(answers, answer => answer.Status == 200).Text("deleted"));
        Assert.Equal(15, answers.Count(answer => answer.Status == 404));
        Assert.False(scene.Opens(secret));
        Assert.Empty(scene.Store.Keys);
    }

    [Fact]
    [Trait("gotcha", "C219")]
    public async Task C219_a_change_that_races_a_delete_brings_nothing_back()
    {
        await using var scene = new AdminScene();
        for (int round = 0; round < 50; round++)
        {
            (string id, string secret) = await scene.CreateAsync();
            AdminAnswer[] answers = await Task.WhenAll(
                Task.Run(() => scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"rpm_limit":1}""")),
                Task.Run(() => scene.SendAsync("DELETE", $"/admin/keys/{id}")),
                Task.Run(() => scene.SendAsync("POST", $"/admin/keys/{id}/rotate")),
                Task.Run(() => scene.SendAsync("PUT", $"/admin/keys/{id}/access-key")));

            Assert.Equal(200, answers[1].Status);
            Assert.All(answers, answer => Assert.True(answer.Status is 200 or 404));
            Assert.Null(scene.Governor.Keys.Find(id));
            Assert.False(scene.Opens(secret));
            Assert.False(answers[2].Status == 200 && scene.Opens(answers[2].Text("secret")));
            Assert.False(answers[3].Status == 200 && scene.Governor.Keys.FindAccessKey(answers[3].Text("access_key_id")) is not null);
            Assert.Empty(scene.Store.Keys);
        }
    }

    [Fact]
    public async Task Changes_at_once_are_all_in_force_in_store_and_memory()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync();
        string[] changes = ["\"rpm_limit\":1", "\"tpm_limit\":2", "\"max_budget_cents\":3", "\"max_concurrent\":4", "\"group\":\"g\"",
            "\"enabled\":false"];

        await Task.WhenAll(changes.Select(change => Task.Run(() => scene.SendAsync("PATCH", $"/admin/keys/{id}", $"{{{change}}}"))));

        VirtualKey key = scene.Governor.Keys.Find(id)!.Key;
        Assert.Equal((1u, 2u, 3L, 4u, "g", false), (key.RpmLimit, key.TpmLimit, key.MaxBudgetCents, key.MaxConcurrent,
            scene.Governor.Groups.Find(key.GroupId)!.Group.Name, key.Enabled));
        Assert.Same(key, Assert.Single(scene.Store.Keys));
    }

    [Fact]
    [Trait("gotcha", "C220")]
    public async Task C220_a_key_made_after_a_delete_has_no_usage()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync();
        Charge(scene, id);
        await scene.SendAsync("DELETE", $"/admin/keys/{id}");
        (string next, _) = await scene.CreateAsync();

        Assert.Equal(0, (await scene.SendAsync("GET", $"/admin/keys/{next}/usage")).Number("requests"));
        Assert.Equal(0, (await scene.SendAsync("GET", "/admin/usage")).Json.GetProperty("total").GetProperty("requests").GetInt64());
    }

    [Fact]
    [Trait("gotcha", "C221")]
    public async Task C221_a_comma_in_the_name_of_a_pool_is_kept()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync("""{"name":"a","allowed_pools":["one,two"]}""");

        Assert.Equal("one,two", Assert.Single(Assert.Single(scene.Store.Keys).AllowedPools));
        Assert.Equal("""["one,two"]""", (await scene.SendAsync("GET", $"/admin/keys/{id}")).Json.GetProperty("allowed_pools").GetRawText());
    }

    [Fact]
    [Trait("gotcha", "C242")]
    public async Task C242_a_store_that_fails_is_a_500_that_says_nothing_and_changes_nothing()
    {
        await using var scene = new AdminScene();
        (string id, string secret) = await scene.CreateAsync();
        foreach ((string method, string path, string? body) in ((string, string, string?)[])
            [
                ("POST", "/admin/keys", """{"name":"b"}"""), ("PATCH", $"/admin/keys/{id}", """{"enabled":false}"""),
                ("DELETE", $"/admin/keys/{id}", null),
                ("POST", $"/admin/keys/{id}/rotate", null), ("PUT", $"/admin/keys/{id}/access-key", null), ("GET", "/admin/usage", null),
                ("GET", "/admin/audit", null),
            ])
        {
            scene.Store.FailNext(1);
            AdminAnswer answer = await scene.SendAsync(method, path, body);

            Assert.Equal((500, "store_failed"), (answer.Status, answer.Code));
            Assert.DoesNotContain("told to fail", answer.Body);
            Assert.True(scene.Opens(secret));
            Assert.Equal(id, Assert.Single(scene.Store.Keys).Id);
            Assert.Equal(1, scene.Governor.Keys.Count);
            Assert.Null(scene.Store.Keys[0].AccessKey);
        }
    }

    [Fact]
    public async Task A_secret_is_not_minted_without_randomness()
    {
        await using var scene = new AdminScene(generator: new KeyGenerator(_ => throw new CryptographicException("canary-entropy")));
        Assert.Equal(500, (await scene.SendAsync("POST", "/admin/keys", """{"name":"a"}""")).Status);
        await using var silent = new AdminScene(generator: new KeyGenerator(_ => { }));
        Assert.Equal(500, (await silent.SendAsync("POST", "/admin/keys", """{"name":"a"}""")).Status);

        Assert.Empty(scene.Store.Keys);
        Assert.Empty(silent.Store.Keys);
    }

    [Fact]
    [Trait("gotcha", "C15")]
    public async Task An_exception_in_the_middle_of_an_edit_does_not_keep_the_next_one_waiting()
    {
        int minted = 0;
        await using var scene = new AdminScene(generator: new KeyGenerator(bytes =>
        {
            if (minted++ == 0)
            {
                throw new CryptographicException("canary-entropy");
            }

            RandomNumberGenerator.Fill(bytes);
        }));
        Assert.Equal(500, (await scene.SendAsync("POST", "/admin/keys", """{"name":"a"}""")).Status);

        (string id, string secret) = await scene.CreateAsync();
        scene.Store.FailNext(1);
        Assert.Equal(500, (await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"enabled":false}""")).Status);
        Assert.Equal(200, (await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"rpm_limit":5}""")).Status);
        Assert.True(scene.Opens(secret));
    }

    [Fact]
    public async Task A_key_that_is_minted_twice_is_refused_and_the_first_stays()
    {
        await using var scene = new AdminScene(generator: new KeyGenerator(bytes => bytes.Fill(7)));
        (_, string secret) = await scene.CreateAsync();

        Assert.Equal(500, (await scene.SendAsync("POST", "/admin/keys", """{"name":"b"}""")).Status);
        Assert.True(scene.Opens(secret));
        Assert.Equal("a", Assert.Single(scene.Store.Keys).Name);
    }

    [Fact]
    public async Task Pages_follow_each_other_by_creation_without_gap_or_repetition()
    {
        await using var scene = new AdminScene();
        List<string> made = [];
        for (int number = 0; number < 23; number++)
        {
            scene.Time.Advance(TimeSpan.FromSeconds(number % 3 == 0 ? 1 : 0));
            made.Add((await scene.CreateAsync()).Id);
        }

        List<string> listed = [];
        string cursor = "";
        do
        {
            AdminAnswer page = await scene.SendAsync("GET", $"/admin/keys?limit=5{cursor}");
            listed.AddRange(page.Json.GetProperty("keys").EnumerateArray().Select(key => key.GetProperty("id").GetString()!));
            cursor = page.Json.GetProperty("next_cursor").ValueKind == JsonValueKind.Null ? "" : $"&cursor={page.Text("next_cursor")}";
        }
        while (cursor.Length > 0);

        Assert.Equal(made.Order(), listed.Order());
        long[] created = [.. listed.Select(id => scene.Governor.Keys.Find(id)!.Key.CreatedAt)];
        Assert.Equal(created.Order(), created);
    }

    [Theory]
    [InlineData("/admin/keys?limit=0")]
    [InlineData("/admin/keys?limit=1001")]
    [InlineData("/admin/keys?limit=-1")]
    [InlineData("/admin/keys?limit=")]
    [InlineData("/admin/keys?limit=1&limit=2")]
    [InlineData("/admin/keys?cursor=x")]
    [InlineData("/admin/keys?page=2")]
    [InlineData("/admin/usage?from=yesterday")]
    [InlineData("/admin/usage?from=2026-02-30")]
    [InlineData("/admin/usage?from=2026-01-02&until=2026-01-02")]
    [InlineData("/admin/usage?group_by=provider")]
    [InlineData("/admin/usage?group_by=key,key")]
    [InlineData("/admin/audit?before=0")]
    [InlineData("/admin/status?verbose")]
    public async Task A_query_that_makes_no_sense_is_400(string target)
    {
        await using var scene = new AdminScene();

        Assert.Equal(400, (await scene.SendAsync("GET", target)).Status);
    }

    [Fact]
    public async Task A_rotated_key_keeps_everything_and_its_former_secret_works_for_as_long_as_asked()
    {
        await using var scene = new AdminScene();
        (string id, string first) = await scene.CreateAsync("""{"name":"a","rpm_limit":5}""");
        Charge(scene, id);
        AdminAnswer rotated = await scene.SendAsync("POST", $"/admin/keys/{id}/rotate", """{"overlap_seconds":60}""");
        string second = rotated.Text("secret");

        Assert.Equal((id, 5, 1_767_225_660), (rotated.Text("id"), rotated.Number("rpm_limit"), rotated.Number("former_secret_until")));
        Assert.NotEqual(first, second);
        Assert.True(scene.Opens(first) && scene.Opens(second));
        scene.Time.Advance(TimeSpan.FromSeconds(60));
        Assert.False(scene.Opens(first));
        string third = (await scene.SendAsync("POST", $"/admin/keys/{id}/rotate")).Text("secret");
        Assert.False(scene.Opens(second));
        Assert.True(scene.Opens(third));
        Assert.Equal(1, (await scene.SendAsync("GET", $"/admin/keys/{id}/usage")).Number("requests"));
        Assert.Equal(400, (await scene.SendAsync("POST", $"/admin/keys/{id}/rotate", """{"overlap_seconds":2592001}""")).Status);
        Assert.Equal(400, (await scene.SendAsync("POST", $"/admin/keys/{id}/rotate", """{"overlap":1}""")).Status);
    }

    [Fact]
    public async Task An_access_key_is_sealed_and_opens_only_with_its_key_and_master_key()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync();
        AdminAnswer pair = await scene.SendAsync("PUT", $"/admin/keys/{id}/access-key");
        string secret = pair.Text("secret_access_key");
        AccessKeyPair kept = Assert.Single(scene.Store.Keys).AccessKey!;
        SecretBox box = SecretBox.Of(scene.Gateway.Config.Governance)!;

        Assert.Equal(pair.Text("access_key_id"), kept.Id);
        Assert.Equal(secret, box.Open(id, kept)!.Reveal());
        Assert.Null(box.Open("vk_0000000000000000", kept));
        Assert.Null(box.Open(id, kept with { Id = "AKBBAAAAAAAAAAAAAAAA" }));
        Assert.Null(new SecretBox(Busbar.Configuration.Model.Store.MasterKey.Parse(new string('a', 64))!).Open(id, kept));
        for (int index = 0; index < kept.SealedSecret.Length; index++)
        {
            byte[] damaged = [.. kept.SealedSecret];
            damaged[index] ^= 1;
            Assert.Null(box.Open(id, kept with { SealedSecret = damaged }));
            Assert.Null(box.Open(id, kept with { SealedSecret = kept.SealedSecret[..index] }));
        }

        Assert.Same(scene.Governor.Keys.Find(id), scene.Governor.Keys.FindAccessKey(kept.Id));
        AdminAnswer next = await scene.SendAsync("PUT", $"/admin/keys/{id}/access-key");
        Assert.Null(scene.Governor.Keys.FindAccessKey(kept.Id));
        Assert.Equal(200, (await scene.SendAsync("DELETE", $"/admin/keys/{id}/access-key")).Status);
        Assert.Null(scene.Governor.Keys.FindAccessKey(next.Text("access_key_id")));
        Assert.Equal(404, (await scene.SendAsync("DELETE", $"/admin/keys/{id}/access-key")).Status);
    }

    [Fact]
    public async Task An_access_key_without_a_master_key_is_refused_with_the_remedy()
    {
        await using var scene = new AdminScene(more: "");
        (string id, _) = await scene.CreateAsync();
        AdminAnswer answer = await scene.SendAsync("PUT", $"/admin/keys/{id}/access-key");

        Assert.Equal((409, "no_master_key"), (answer.Status, answer.Code));
        Assert.Contains("governance.master_key_file", answer.Message);
    }

    [Fact]
    public async Task A_repeated_idempotency_key_makes_no_other_key_for_a_day()
    {
        await using var scene = new AdminScene();
        (string Name, string Value) header = ("Idempotency-Key", "order-1");
        AdminAnswer[] answers = await Task.WhenAll(Enumerable.Range(0, 8)
            .Select(_ => Task.Run(() => scene.SendAsync("POST", "/admin/keys", """{"name":"a"}""", headers: header))));

        AdminAnswer made = Assert.Single(answers, answer => answer.Status == 201);
        Assert.All(answers.Where(answer => answer != made), answer =>
        {
            Assert.Equal((409, "idempotency_key_reused"), (answer.Status, answer.Code));
            Assert.Contains(made.Text("id"), answer.Message);
        });
        Assert.Single(scene.Store.Keys);
        scene.Time.Advance(TimeSpan.FromDays(1));
        Assert.Equal(201, (await scene.SendAsync("POST", "/admin/keys", """{"name":"a"}""", headers: header)).Status);
        Assert.Equal(400, (await scene.SendAsync("POST", "/admin/keys", """{"name":"a"}""", headers: ("Idempotency-Key", new string('k', 256))))
            .Status);
        Assert.Equal(400, (await scene.SendAsync("POST", "/admin/keys", """{"name":"a"}""", headers: ("Idempotency-Key", "a b"))).Status);
    }

    [Fact]
    public void Idempotency_keys_are_remembered_up_to_a_number()
    {
        var memory = new IdempotencyMemory();
        for (int number = 0; number < 3 * IdempotencyMemory.Capacity; number++)
        {
            memory.Remember($"k{number}", $"vk_{number}", 0);
        }

        Assert.Null(memory.Find("k0", 0));
        Assert.Null(memory.Find($"k{2 * IdempotencyMemory.Capacity - 1}", 0));
        Assert.Equal($"vk_{2 * IdempotencyMemory.Capacity}", memory.Find($"k{2 * IdempotencyMemory.Capacity}", 0));
    }

    [Fact]
    public async Task Usage_is_summed_by_what_is_asked()
    {
        await using var scene = new AdminScene();
        (string one, _) = await scene.CreateAsync();
        (string two, _) = await scene.CreateAsync();
        Charge(scene, one);
        Charge(scene, two, "other");
        scene.Time.Advance(TimeSpan.FromDays(1));
        Charge(scene, one);

        Assert.Equal(3, await Rows(""));
        Assert.Equal(2, await Rows("?group_by=key"));
        Assert.Equal(2, await Rows("?group_by=model"));
        Assert.Equal(2, await Rows("?group_by=day"));
        Assert.Equal(2, await Rows($"?key={one}"));
        Assert.Equal(2, await Rows("?until=2026-01-02"));
        Assert.Equal(1, await Rows("?from=2026-01-02"));
        AdminAnswer cut = await scene.SendAsync("GET", "/admin/usage?limit=1");
        Assert.True(cut.Json.GetProperty("truncated").GetBoolean());
        Assert.Equal(3, cut.Json.GetProperty("total").GetProperty("requests").GetInt64());
        Assert.Equal(404, (await scene.SendAsync("GET", "/admin/usage?key=vk_0000000000000000")).Status);

        async Task<int> Rows(string query) => (await scene.SendAsync("GET", "/admin/usage" + query)).Json.GetProperty("usage").GetArrayLength();
    }

    [Fact]
    public async Task Usage_is_summed_by_group_and_label_and_comes_as_a_table()
    {
        await using var scene = new AdminScene();
        string org = (await scene.SendAsync("POST", "/admin/groups", """{"name":"=org, \"inc\""}""")).Text("id");
        string team = (await scene.SendAsync("POST", "/admin/groups", $$"""{"name":"team","parent_id":"{{org}}"}""")).Text("id");
        (string one, _) = await scene.CreateAsync($$$"""{"name":"a","group_id":"{{{org}}}","labels":{"env":"test"}}""");
        (string two, _) = await scene.CreateAsync($$"""{"name":"b","group_id":"{{team}}"}""");
        (string three, _) = await scene.CreateAsync();
        Charge(scene, one);
        Charge(scene, two);
        Charge(scene, two, "other");
        Charge(scene, three);

        JsonElement[] rows = await Rows("?group_by=group");
        Assert.Equal([(null, 1), (org, 1), (team, 2)], rows.Select(
            row => (row.GetProperty("group").GetString(), row.GetProperty("requests").GetInt32())).OrderBy(row => row.Item1 == team)
            .ThenBy(row => row.Item1 is not null));
        Assert.Equal(3, Assert.Single(await Rows($"?group_by=day&group={org}")).GetProperty("requests").GetInt32());
        Assert.Equal(2, Assert.Single(await Rows($"?group_by=day&group={team}")).GetProperty("requests").GetInt32());
        Assert.Equal([(null, 3), ("test", 1)], (await Rows("?group_by=label&label=env"))
            .Select(row => (row.GetProperty("label").GetString(), row.GetProperty("requests").GetInt32())));
        Assert.Equal(400, (await scene.SendAsync("GET", "/admin/usage?group_by=label")).Status);
        Assert.Equal(400, (await scene.SendAsync("GET", "/admin/usage?format=xml")).Status);
        Assert.Equal(404, (await scene.SendAsync("GET", "/admin/usage?group=grp_x")).Status);

        string[] lines = (await scene.SendAsync("GET", $"/admin/usage?group_by=group&format=csv&limit=1")).Body.Split("\r\n");
        Assert.StartsWith("group,group_name,requests,estimated_requests,unpriced_requests,spend_cents,", lines[0]);
        Assert.Equal(5, lines.Length);
        Assert.Contains(lines, line => line.StartsWith($"{org},\"'=org, \"\"inc\"\"\",1,0,", StringComparison.Ordinal));

        async Task<JsonElement[]> Rows(string query) => [.. (await scene.SendAsync("GET", "/admin/usage" + query)).Json.GetProperty("usage")
            .EnumerateArray()];
    }

    [Fact]
    public async Task Usage_is_summed_by_what_was_asked_for_by_lane_and_by_labels_of_requests()
    {
        await using var scene = new AdminScene();
        (string one, _) = await scene.CreateAsync("""{"name":"a","labels":{"team":"keys"}}""");
        Charge(scene, one, "small", "cheap", "feature=chat,team=red");
        Charge(scene, one, "small", "best", "team=blue");
        Charge(scene, one, "other", "best");

        Assert.Equal(["best/2", "cheap/1"], await Rows("?group_by=asked", "asked"));
        Assert.Equal(["other/1", "small/2"], await Rows("?group_by=lane", "lane"));
        Assert.Equal(["blue/1", "keys/1", "red/1"], await Rows("?group_by=label&label=team", "label"));
        Assert.Equal(["/2", "chat/1"], await Rows("?group_by=label&label=feature", "label"));
        Assert.StartsWith("lane,asked,requests,", (await scene.SendAsync("GET", "/admin/usage?group_by=lane,asked&format=csv")).Body);

        async Task<string[]> Rows(string query, string name) =>
        [
            .. (await scene.SendAsync("GET", "/admin/usage" + query)).Json.GetProperty("usage").EnumerateArray()
                .Select(row => $"{row.GetProperty(name).GetString()}/{row.GetProperty("requests").GetInt32()}"),
        ];
    }

    [Fact]
    public async Task Every_edit_is_in_the_audit_log_and_an_edit_stands_when_the_log_fails()
    {
        await using var scene = new AdminScene();
        (string id, _) = await scene.CreateAsync();
        await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"rpm_limit":1,"labels":{"canary":"canary"}}""");
        await scene.SendAsync("PATCH", $"/admin/keys/{id}", """{"rpm_limit":0}""");
        await scene.SendAsync("POST", $"/admin/keys/{id}/rotate");
        await scene.SendAsync("PUT", $"/admin/keys/{id}/access-key");
        await scene.SendAsync("DELETE", $"/admin/keys/{id}/access-key");
        await scene.SendAsync("DELETE", $"/admin/keys/{id}");
        await scene.SendAsync("POST", "/admin/lanes/small/disable");
        await scene.SendAsync("POST", "/admin/reload");

        AdminAnswer audit = await scene.SendAsync("GET", "/admin/audit");
        Assert.Equal(
            [
                "config.reload//", "lane.disable/small/", $"key.delete/{id}/", $"key.access_key.detach/{id}/", $"key.access_key.attach/{id}/",
                $"key.rotate/{id}/",
                $"key.update/{id}/rpm_limit,labels", $"key.create/{id}/",
            ],
            audit.Json.GetProperty("entries").EnumerateArray()
                .Select(entry
                => $"{entry.GetProperty("action").GetString()}/{entry.GetProperty("subject").GetString()}" +
                $"/{entry.GetProperty("detail").GetString()}"));
        Assert.All(audit.Json.GetProperty("entries").EnumerateArray(), entry => Assert.Equal("192.0.2.7", entry.GetProperty("source").GetString()));
        Assert.DoesNotContain("canary", audit.Body);
        Assert.Equal(2, (await scene.SendAsync("GET", "/admin/audit?limit=2")).Json.GetProperty("entries").GetArrayLength());
        Assert.Equal(1, (await scene.SendAsync("GET", "/admin/audit?before=2")).Json.GetProperty("entries").GetArrayLength());
    }

    private static Refusal Reserve(AdminScene scene, string id)
    {
        var prices = new PriceList(scene.Gateway.Config.Governance, scene.Gateway.Config.Models);
        var reservation = new Reservation();
        Refusal refusal = scene.Governor.TryReserve(scene.Governor.Keys.Find(id)!, prices, ["small"], new Estimate(10, 20, false), reservation);
        reservation.Release();
        return refusal;
    }

    private static void Charge(AdminScene scene, string id, string model = "small", string asked = "", string labels = "")
    {
        var prices = new PriceList(scene.Gateway.Config.Governance, scene.Gateway.Config.Models);
        var reservation = new Reservation();
        Assert.Equal(Refusal.None, scene.Governor.TryReserve(
            scene.Governor.Keys.Find(id)!, prices, [model], new Estimate(10, 20, false), reservation, asked));
        reservation.Labels = labels;
        new Charge(model, true, new Usage { Input = 10, Output = 20 }, false).Settle(reservation);
    }
}
