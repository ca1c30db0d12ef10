using System.Text.RegularExpressions;

namespace Busbar.Tests.Architecture;

/// <summary>Lines that fit beside each other on a screen.</summary>
public sealed partial class LineLengthTests
{
    private const int MaxColumns = 150;

    [Fact]
    public void No_line_is_longer_than_150_columns_but_for_a_text_in_it() =>
        Assert.Empty(
            from file in SourceTree.Everything
            from line in OutsideTexts(file.Text)
            where line.Length > MaxColumns && Literal().Replace(line, "").Length > MaxColumns - 2
            select $"{file.Path}: {line}");

    [Fact]
    public void Lines_of_a_text_of_several_lines_are_not_looked_at() =>
        Assert.Equal(["string a = \"\"\"", "    \"\"\";", ""], OutsideTexts("string a = \"\"\"\n  x\n  y\n    \"\"\";\n"));

    private static IEnumerable<string> OutsideTexts(string text)
    {
        bool isInside = false;
        foreach (string line in text.Split('\n'))
        {
            bool turns = RawQuotes().Count(line) % 2 == 1;
            if (!isInside || turns)
            {
                yield return line;
            }

            isInside ^= turns;
        }
    }

    [GeneratedRegex("\"{3,}")]
    private static partial Regex RawQuotes();

    [GeneratedRegex(@"\$*(""{3,}).*?\1|""(?:\\.|[^""\\])*""")]
    private static partial Regex Literal();
}
