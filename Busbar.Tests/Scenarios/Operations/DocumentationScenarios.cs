using System.Text.Json;
using System.Text.RegularExpressions;
using Busbar.Commands;
using Busbar.Configuration;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Scenarios.Operations;

/// <summary>
/// What the pages show can be pasted. Blocks for a shell, for nginx and for Prometheus are run by <c>Scripts/docs.sh</c>; the clients of
/// <c>docs/clients</c> by the suites of their SDKs.
/// </summary>
public sealed partial class DocumentationScenarios
{
    // Names that the pages leave to their reader.
    private static readonly FakeEnvironment Variables = new([.. ((string[])
    [
        "BUSBAR_TOKEN", "BUSBAR_ADMIN_TOKEN", "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "AZURE_OPENAI_API_KEY", "BEDROCK_KEY", "COLLECTOR_KEY",
        "MISTRAL_API_KEY", "GROQ_API_KEY", "OPENROUTER_API_KEY", "COHERE_API_KEY", "GEMINI_API_KEY",
        "OPENAI_ORGANIZATION", "BUSBAR_AZURE_SECRET",
        "OPENAI_PROJECT",
    ]).Select(name => (name, "a-value-of-16-characters")), ("BUSBAR_DATABASE_URL", "postgres://busbar:secret@localhost/busbar"),
        ("BUSBAR_MASTER_KEY", new string('a', 64))]);

    // What the suites install: names with their versions, under the real name where another one stands for it.
    private static readonly HashSet<(string Name, string Version)> Packages = [.. ((string[])
    [
        "Busbar.Tests/Sdk/package.json", "Busbar.Tests/Sdk/Agents/package.json", "Busbar.Tests/Sdk/Frameworks/package.json",
        "Busbar.Tests/Busbar.Tests.csproj", "Busbar.Tests/Sdk/Frameworks/DotNet/Frameworks.csproj",
    ]).SelectMany(file => Installed().Matches(ProjectFiles.Read(file)))
        .Select(match => (match.Groups["name"].Value, match.Groups["version"].Value))];

    /// <summary>Every page.</summary>
    public static TheoryData<string> Pages => [.. Files("docs").Concat(["README.md", "SECURITY.md"]).Order()];

    /// <summary>The pages of the clients.</summary>
    public static TheoryData<string> Clients => [.. Files("docs/clients").Where(page => !page.EndsWith("README.md", StringComparison.Ordinal)).Order()];

    /// <summary>Everything that users read.</summary>
    public static TheoryData<string> Texts =>
        [.. Files("docs").Concat(Files("deploy")).Concat(["README.md", "SECURITY.md", "CHANGELOG.md", "config.example.yaml", "providers.yaml",
            "build.sh"]).Order()];

    [Theory]
    [MemberData(nameof(Texts))]
    public void Words_are_those_of_the_field(string file) => IsPlain(ProjectFiles.Read(file));

    [Fact]
    public void Words_of_the_program_are_those_of_the_field()
    {
        IsPlain(HelpText.Text);
        IsPlain(ProjectFiles.Read("Busbar/Admin/openapi.json"));
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_configuration_is_valid(string page)
    {
        foreach (string block in Blocks(page, "yaml").Where(block => !block.Contains("scrape_configs:", StringComparison.Ordinal)))
        {
            ConfigResult result = ConfigText.Load(Whole(block), Variables);

            Assert.True(result.Config is not null, $"{page}:\n{block}\n{string.Join('\n', result.Errors)}");
            Assert.DoesNotContain(result.Warnings, warning => warning.Message.Contains("not set", StringComparison.Ordinal)
                || warning.Message.Contains("auth mode", StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_piece_of_json_is_json(string page)
    {
        foreach (string block in Blocks(page, "json"))
        {
            using JsonDocument document = JsonDocument.Parse(block);
        }
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_command_and_option_exists(string page)
    {
        IEnumerable<string> spoken = Blocks(page, "sh").SelectMany(block => block.Split('\n'))
            .Concat(Quoted().Matches(ProjectFiles.Read(page)).Select(match => match.Groups["code"].Value));
        foreach (Match command in spoken.SelectMany(line => Command().Matches(line)))
        {
            string name = command.Groups["name"].Value;
            Assert.True(name.Contains("--", StringComparison.Ordinal) ? HelpText.Text.Contains(name[7..], StringComparison.Ordinal)
                : Known().Any(known => known == name), name);
            Assert.All(Option().Matches(command.Groups["rest"].Value),
                option => Assert.Contains(option.Value, HelpText.Text, StringComparison.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public void Versions_that_were_tried_are_those_of_the_suites(string page)
    {
        string text = ProjectFiles.Read(page);
        MatchCollection tried = Tried().Matches(text);

        Assert.Contains("**Tried.** ", text, StringComparison.Ordinal);
        Assert.Contains("**Known limits**", text, StringComparison.Ordinal);
        Assert.All(tried, match => Assert.Contains((match.Groups["name"].Value, match.Groups["version"].Value), Packages));
        Assert.True(tried.Count > 0 || text.Contains("is in no suite", StringComparison.Ordinal), "nothing was tried");
    }

    [Theory]
    [MemberData(nameof(Pages))]
    public void Every_link_leads_to_a_page_and_a_heading(string page)
    {
        foreach (Match link in Link().Matches(ProjectFiles.Read(page)))
        {
            string target = Target(page, link);
            Assert.True(Path.Exists(ProjectFiles.Path(target)), $"{page} links to {target}");
            if (link.Groups["heading"].Value is { Length: > 0 } heading)
            {
                Assert.Contains(heading, Heading().Matches(ProjectFiles.Read(target)).Select(match => Anchor(match.Groups["text"].Value)));
            }
        }
    }

    [Fact]
    public void Every_page_is_linked_from_another()
    {
        HashSet<string> linked = [.. Files("docs").Append("README.md").SelectMany(page =>
            Link().Matches(ProjectFiles.Read(page)).Select(link => Target(page, link)).Where(target => target != page))];

        Assert.All(Files("docs"), page => Assert.Contains(page, linked));
        foreach (string vendor in (string[])["openai", "anthropic", "bedrock", "azure", "vertex", "gemini", "cohere", "catalog", "vllm", "ollama"])
        {
            Assert.True(File.Exists(ProjectFiles.Path($"docs/vendors/{vendor}.md")), vendor);
        }
    }

    // The page or file that a link leads to, from the root.
    private static string Target(string page, Match link) => link.Groups["file"].Value is { Length: > 0 } file
        ? Path.GetRelativePath(ProjectFiles.Path("."), Path.GetFullPath(Path.Combine(Path.GetDirectoryName(ProjectFiles.Path(page))!, file)))
        : page;

    // A line of the help may name several: "busbar lanes disable|enable|probe LANE".
    private static IEnumerable<string> Known() => HelpCommand().Matches(HelpText.Text).SelectMany(match =>
        match.Groups["verbs"].Value.Split('|').Select(verb => $"busbar {match.Groups["noun"].Value}{(verb.Length > 0 ? " " + verb : "")}"));

    private static void IsPlain(string text)
    {
        Match match = Pretty().Match(text);
        Assert.False(match.Success, match.Success ? text[Math.Max(0, match.Index - 60)..Math.Min(text.Length, match.Index + 60)] : null);
    }

    // A block with what it leaves out.
    private static string Whole(string block)
    {
        string text = KeyFile().Replace(block, $"api_key_file: {ProjectFiles.Path("LICENSE")}")
            .Replace("/var/lib/busbar/", Path.GetTempPath(), StringComparison.Ordinal);
        bool Has(string key) => Regex.IsMatch(text, $"^{key}:", RegexOptions.Multiline);
        if (!Has("providers"))
        {
            text += "\nproviders: { openai: { api_key_env: OPENAI_API_KEY } }\n";
        }

        if (!Has("models"))
        {
            text += $"\nmodels: {{ m: {{ provider: {FirstProvider().Match(text).Groups["name"].Value}, max_concurrent: 1 }} }}\n";
        }

        return text + (Has("auth") || Has("governance") ? "" : "\nauth: { mode: token, client_tokens: [a-token] }\n");
    }

    private static IEnumerable<string> Blocks(string page, string language) =>
        Block().Matches(ProjectFiles.Read(page)).Where(block => block.Groups["language"].Value == language)
            .Select(block => block.Groups["text"].Value);

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(ProjectFiles.Path(folder), "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".png", StringComparison.Ordinal))
            .Select(file => Path.GetRelativePath(ProjectFiles.Path("."), file));

    // As the sites that show these pages make them.
    private static string Anchor(string heading) => NotInAnchor().Replace(heading.ToLowerInvariant(), "").Replace(' ', '-');

    [GeneratedRegex(@"^ *```(?<language>\w+)\n(?<text>.*?)^ *```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex("`(?<code>busbar [^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?<![/\w-])(\./)?(?<name>busbar (--[a-z-]+|(keys|lanes) [a-z]+|status))(?<rest>[^|#&`]*)")]
    private static partial Regex Command();

    [GeneratedRegex(@"^ *busbar (?<noun>keys|lanes|status) ?\[?(?<verbs>[a-z|]*)", RegexOptions.Multiline)]
    private static partial Regex HelpCommand();

    [GeneratedRegex("(?<= )--[a-z-]+")]
    private static partial Regex Option();

    [GeneratedRegex(@"\]\((?<file>(?!https?:|mailto:)[^)#\s]*)(#(?<heading>[^)]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<name>[\w@/.-]+)` (?<version>\d+\.\d+\.\d+)")]
    private static partial Regex Tried();

    [GeneratedRegex("""(npm:(?<name>[^"\s]+)@|"(?<name>[^"\s]+)"(: "| Version="))(?<version>\d+\.\d+\.\d+)""")]
    private static partial Regex Installed();

    [GeneratedRegex(@"^#+ (?<text>.+?)\s*$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex NotInAnchor();

    [GeneratedRegex(@"api_key_file: \S+")]
    private static partial Regex KeyFile();

    [GeneratedRegex(@"^providers:\s*(\{ *)?(?<name>[\w-]+):", RegexOptions.Multiline)]
    private static partial Regex FirstProvider();

    [GeneratedRegex(@"dialect|signs? of life|truth value|\b(vicious )?circle\b|\bmended\b|\bpurse\b|\bdwell|\bthy\b", RegexOptions.IgnoreCase)]
    private static partial Regex Pretty();
}
