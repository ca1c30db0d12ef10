using Busbar.Configuration;
using Busbar.Configuration.Binding.Keys;

namespace Busbar.Tests.Configuration;

public sealed class UnknownKeyTests
{
    [Fact]
    [Trait("gotcha", "C28")]
    public void C28_a_misspelt_key_in_any_block_is_an_error_that_names_it_and_the_nearest_key()
    {
        foreach (KeySet block in ConfigKeys.All.Where(block => block != ConfigKeys.CatalogProvider))
        {
            foreach (string key in block.Keys.Where(key => key.Length > 3))
            {
                string typo = key + key[^1];
                ConfigResult result = ConfigText.Load(Document(block.Path, typo));

                ConfigProblem? error = result.Errors.FirstOrDefault(problem => problem.Message == $"unknown key '{typo}'");
                Assert.True(error is not null, $"{block.Path} {typo}:\n{string.Join('\n', result.Problems)}");
                Assert.Equal($"did you mean '{key}'?", error.Remedy);
                Assert.EndsWith(typo, error.Path);
                Assert.NotNull(error.Location);
            }
        }
    }

    [Fact]
    public void A_problem_is_printed_on_one_line_without_control_characters() =>
        Assert.DoesNotContain(ConfigText.OnlyError(ConfigText.With(more: "\"a\\nb\\e[1m\": 1")).ToString(), char.IsControl);

    [Fact]
    public void A_key_in_the_wrong_block_is_told_where_it_belongs() =>
        Assert.Equal("it belongs under pools.*.failover", ConfigText.OnlyError(ConfigText.WithPool("deadline_secs: 3")).Remedy);

    [Fact]
    public void A_misspelt_key_in_a_catalog_row_that_is_used_is_an_error()
    {
        ConfigProblem error = ConfigText.OnlyError(ConfigText.Minimal,
            catalog: "openai: {protocol: openai, base_url: 'https://example.com', eror_map: {}}");

        Assert.EndsWith("providers.yaml", error.Location!.Value.File);
        Assert.Equal("did you mean 'error_map'?", error.Remedy);
    }

    [Fact]
    public void Every_path_and_place_of_an_error_points_at_the_key()
    {
        ConfigProblem error = ConfigText.OnlyError("""
            auth: {mode: token, client_tokens: [t]}
            providers:
              openai:
                api_key_env: OPENAI_KEY
            models:
              small:
                provider: openai
                max_concurrent: 4
            pools:
              fast:
                members:
                  - target: small
                    wieght: 3
            """);

        Assert.Equal("pools.fast.members[0].wieght", error.Path);
        Assert.Equal((13, 9), (error.Location!.Value.Line, error.Location.Value.Column));
        Assert.Matches(@"^\[error\] pools\.fast\.members\[0\]\.wieght \(.*config\.yaml:13:9\): unknown key 'wieght'; did you mean 'weight'\?$",
            error.ToString());
    }

    // Builds a document that holds one key at the block's path; whatever else is missing is reported as well and does not matter here.
    private static string Document(string path, string key)
    {
        string inner = $"{{{key}: 1}}";
        foreach (string segment in path.Split('.', StringSplitOptions.RemoveEmptyEntries).Reverse())
        {
            bool isList = segment.EndsWith("[]", StringComparison.Ordinal);
            string name = segment.Replace("[]", "").Replace("*", "openai");
            inner = $"{{{name}: {(isList ? $"[{inner}]" : inner)}}}";
        }

        return inner;
    }
}
