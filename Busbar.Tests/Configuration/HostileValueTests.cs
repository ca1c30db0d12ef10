using System.Text.Json;
using System.Text.Json.Nodes;
using Busbar.Configuration;
using Busbar.Configuration.Binding.Keys;

namespace Busbar.Tests.Configuration;

/// <summary>Every key of every block with values that it cannot have: never an exception, always an error at its path that shows no secret.</summary>
public sealed class HostileValueTests
{
    private const string Planted = "planted-secret";

    // Every block, each with the least it needs to stand.
    private const string Whole = """
        {
          "tls": {"cert_file": "c", "key_file": "k"},
          "cors": {},
          "auth": {"mode": "token", "client_tokens": [{"token": "t", "operator": false}], "jwt": [{"issuer": "https://issuer.example", "audience": "a", "required_claims": {}}]},
          "providers": {"openai": {"identity": {"type": "aws"}, "health": {"mode": "none"}, "error_map": {}, "tls": {}}},
          "models": {"small": {"provider": "openai", "max_concurrent": 4, "capabilities": {}, "rate_card": {"input": 1, "output": 1}}},
          "pools": {"fast": {"members": [{"target": "small"}], "breaker": {"trip": {}}, "failover": {}, "on_exhausted": {"action": "reject"}, "affinity": {}, "hedge": {}, "queue": {"max_ms": 5}}},
          "limits": {},
          "attribution": {},
          "governance": {"enabled": true, "admin_token": "canary-admin-token", "postgres": {}},
          "observability": {"otlp": {}, "request_log_webhook": {}, "alert_webhook": {}}
        }
        """;

    // Said to be ignored, with a warning.
    private static readonly string[] Inert = ["api_key"];

    private static readonly string[] Hostile =
    [
        $$$"""{"{{{Planted}}}":{"zz":[["{{{Planted}}}"]]}}""", $$"""[[["{{Planted}}"],{}]]""", "null", "true", "-1", "0", "1.5", "1e999",
        "99999999999999999999999", "\".nan\"", "\"\"",
        $"\"{Planted}\"", "\"0x10\"", "\"http://u:planted-secret@[::1\"", "\"\\u0000\\n\\u2028\"", $"\"{new string('9', 5000)}\"",
        $"\"{new string('x', 100_000)}\"", "[]", "{}",
    ];

    public static TheoryData<string> Blocks => [.. ConfigKeys.All.Where(block => block != ConfigKeys.CatalogProvider).Select(block => block.Path)];

    [Theory]
    [MemberData(nameof(Blocks))]
    [Trait("gotcha", "C108")]
    public void A_value_that_a_key_cannot_have_is_an_error_at_its_path_and_never_an_exception(string block)
    {
        KeySet keys = ConfigKeys.All.First(set => set.Path == block);
        foreach (string key in keys.Keys.Concat(keys.Aliases.Keys))
        {
            for (int index = 0; index < Hostile.Length; index++)
            {
                ConfigResult result = ConfigText.Load(With(block, key, Hostile[index]));

                IsSound(result, $"{block}.{key}: {Hostile[index]}");
                if (index < 2 && !Inert.Contains(key))
                {
                    string path = At(block, keys.Find(key)!);
                    Assert.True(result.Errors.Any(error => Touches(error.Path, path)),
                        $"{path} takes {Hostile[index]}:\n{string.Join('\n', result.Problems)}");
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Blocks))]
    public void A_key_given_twice_is_an_error_wherever_it_stands(string block)
    {
        foreach (string key in ConfigKeys.All.First(set => set.Path == block).Keys)
        {
            string once = With(block, key, "\"the-marked-value\"");
            string twice = once.Replace("\"the-marked-value\"", $"\"one\",\"{key}\":\"two\"", StringComparison.Ordinal);
            ConfigResult result = ConfigText.Load(twice);

            IsSound(result, twice);
            Assert.Contains(result.Errors, error => error.Path == At(block, key)
                && error.Message.StartsWith("the key is given twice", StringComparison.Ordinal));
        }
    }

    [Fact]
    public void Several_hostile_values_at_once_are_still_only_errors()
    {
        var random = new Random(20261122);
        KeySet[] blocks = [.. ConfigKeys.All.Where(block => block != ConfigKeys.CatalogProvider)];
        for (int round = 0; round < 500; round++)
        {
            JsonObject whole = JsonNode.Parse(Whole)!.AsObject();
            for (int edit = random.Next(1, 8); edit > 0; edit--)
            {
                KeySet block = blocks[random.Next(blocks.Length)];
                if (Find(whole, block.Path) is { } target)
                {
                    target[block.Keys[random.Next(block.Keys.Count)]] = Value(Hostile[random.Next(Hostile.Length)]);
                }
            }

            IsSound(ConfigText.Load(whole.ToJsonString()), whole.ToJsonString());
        }
    }

    private static void IsSound(ConfigResult result, string what)
    {
        Assert.True(result.Config is not null ^ result.Errors.Any(), what);
        Assert.All(result.Problems, problem =>
        {
            string line = problem.ToString();
            Assert.NotEmpty(problem.Message);
            Assert.DoesNotContain(line, char.IsControl);
            Assert.True(line.Length < 2000, $"{what[..Math.Min(what.Length, 200)]}: a line of {line.Length} characters");
            Assert.False(Secretive(problem.Path) && line.Contains("\"" + Planted, StringComparison.Ordinal), line);
            Assert.False(Secretive(problem.Path) && problem.Value is not null && problem.Value.Contains(Planted, StringComparison.Ordinal), line);
            Assert.False(Address(problem.Path) && line.Contains("u:" + Planted, StringComparison.Ordinal), line);
        });
    }

    private static bool Secretive(string path) => path.Split('.', '[')
        .Any(part => part is "client_tokens" or "token" or "admin_token" or "admin_read_token" or "api_key" or "api_key_env" or "master_key_env"
        or "headers");

    private static bool Address(string path) => path.EndsWith("url", StringComparison.Ordinal)
        || path.EndsWith("otlp_endpoint", StringComparison.Ordinal);

    private static bool Touches(string error, string path) => error.StartsWith(path, StringComparison.Ordinal)
        || path.StartsWith(error, StringComparison.Ordinal);

    private static string At(string block, string key) => $"{block}.{key}".TrimStart('.')
        .Replace("providers.*", "providers.openai", StringComparison.Ordinal).Replace("models.*", "models.small", StringComparison.Ordinal)
        .Replace("pools.*", "pools.fast", StringComparison.Ordinal).Replace("[]", "[0]", StringComparison.Ordinal);

    private static string With(string block, string key, string value)
    {
        JsonObject whole = JsonNode.Parse(Whole)!.AsObject();
        JsonObject target = Find(whole, block)!;
        target[key] = Value(value);
        return whole.ToJsonString();
    }

    // JSON has no number of any size; the text stays what it was.
    private static JsonNode? Value(string text) => JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowTrailingCommas = false });

    private static JsonObject? Find(JsonObject whole, string block)
    {
        JsonNode? node = whole;
        foreach (string part in At(block, "").TrimEnd('.').Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            node = part.EndsWith("[0]", StringComparison.Ordinal) ? (node as JsonObject)?[part[..^3]] is JsonArray { Count: > 0 } items ? items[0]
                : null : (node as JsonObject)?[part];
        }

        return node as JsonObject;
    }
}
