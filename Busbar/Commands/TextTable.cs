using Busbar.Configuration.Binding;

namespace Busbar.Commands;

/// <summary>Rows of text in columns as wide as their content.</summary>
internal sealed class TextTable(params string[] head)
{
    private readonly List<string[]> _rows = [head];

    /// <summary>Adds a row of as many cells as the head has.</summary>
    public void Add(params string[] cells) => _rows.Add([.. cells.Select(Clean)]);

    /// <summary>Writes head and rows.</summary>
    public void Write(TextWriter output)
    {
        int[] widths = [.. head.Select((_, column) => _rows.Max(row => row[column].Length))];
        foreach (string[] row in _rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }

    /// <summary><paramref name="text"/> without what a terminal might obey.</summary>
    public static string Clean(string text) =>
        string.Create(text.Length, text, static (clean, text) =>
        {
            for (int index = 0; index < text.Length; index++)
            {
                clean[index] = text[index] != '\n' && ControlCharacters.All.Contains(text[index]) ? '?' : text[index];
            }
        });
}
