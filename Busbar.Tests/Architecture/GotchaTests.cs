using System.Text.RegularExpressions;

namespace Busbar.Tests.Architecture;

/// <summary>The two lists of statements that an implementation easily gets wrong: each statement is named by a test.</summary>
public sealed partial class GotchaTests
{
    [SkippableTheory]
    [InlineData('C', "control-plane-gotchas.md")]
    [InlineData('T', "translation-gotchas.md")]
    public void Every_statement_is_named_by_a_test_and_no_test_names_another(char prefix, string list)
    {
        string file = Path.Combine(Corpus.SharedFolder ?? "", "spec", list);
        Skip.IfNot(Corpus.SharedFolder is not null && File.Exists(file), "needs the list of statements");
        int[] stated = [.. Statement().Matches(File.ReadAllText(file)).Select(match => int.Parse(match.Groups[1].Value))];
        HashSet<int> named = [.. Directory.EnumerateFiles(Path.Combine(Corpus.RepositoryRoot, "Busbar.Tests"), "*.cs", SearchOption.AllDirectories)
            .SelectMany(source => Named().Matches(File.ReadAllText(source)))
            .Where(match => match.Groups[1].Value[0] == prefix)
            .Select(match => int.Parse(match.Groups[2].Value))];

        Assert.InRange(stated.Length, 200, 400);
        Assert.Equal([], stated.Except(named));
        Assert.Equal([], named.Except(stated));
    }

    [GeneratedRegex(@"(?m)^(\d+)\. ")]
    private static partial Regex Statement();

    [GeneratedRegex("""(?<=[(, ])"([CT])(\d+)"(?=[,)])""")]
    private static partial Regex Named();
}
