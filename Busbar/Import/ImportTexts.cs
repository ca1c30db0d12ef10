using System.Globalization;
using System.Text;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Import;

/// <summary>What an import says, for people and for programs.</summary>
internal static class ImportTexts
{
    /// <summary>A line for each setting: its label, where it stands, what became of it; then how many there are of each label.</summary>
    public static string Lines(IReadOnlyList<ImportNote> notes)
    {
        var text = new StringBuilder();
        foreach (ImportNote note in InOrder(notes))
        {
            string line = note.Location is { Line: > 0 } place ? $"{Path.GetFileName(place.File)}:{place.Line}" : "-";
            text.Append(CultureInfo.InvariantCulture,
                $"{note.Label,-11}  {line,-18}  {Clean(note.Setting)}{(note.Setting.Length > 0 ? ": " : "")}{Clean(note.Says)}\n");
        }

        return text.Append(Summary(notes)).Append('\n').ToString();
    }

    /// <summary>How many settings there are of each label.</summary>
    public static string Summary(IReadOnlyList<ImportNote> notes) =>
        string.Join(", ", notes.GroupBy(note => note.Verdict).OrderBy(group => group.Key).Select(group => $"{group.Count()} {group.First().Label}"));

    /// <summary>The same as one JSON array of <c>{"label","setting","file","line","says"}</c>.</summary>
    public static string Json(IReadOnlyList<ImportNote> notes)
    {
        using var buffer = new PooledBuffer(4096);
        var json = new JsonWriter(buffer);
        json.StartArray();
        foreach (ImportNote note in InOrder(notes))
        {
            json.StartObject();
            json.String("label"u8, note.Label);
            json.String("setting"u8, note.Setting);
            if (note.Location is { Line: > 0 } place)
            {
                json.String("file"u8, place.File);
                json.Number("line"u8, place.Line);
            }

            json.String("says"u8, note.Says);
            json.EndObject();
        }

        json.EndArray();
        return Encoding.UTF8.GetString(buffer.Span);
    }

    // As they stand in the files; what no line says comes last.
    private static IEnumerable<ImportNote> InOrder(IReadOnlyList<ImportNote> notes)
    {
        string?[] files = [.. notes.Select(note => note.Location?.File).Where(file => file is not null).Distinct()];
        return notes.OrderBy(note => note.Location is { Line: > 0 } place ? Array.IndexOf(files, place.File) : files.Length)
            .ThenBy(note => note.Location?.Line);
    }

    private static string Clean(string text) => string.Concat(text.Select(letter => char.IsControl(letter) ? '?' : letter));
}
