using System.Text;

namespace Busbar.Import.Sql;

/// <summary>Reads the text form of a PostgreSQL array of texts: <c>{a,"b c",NULL}</c>.</summary>
internal static class PostgresArray
{
    /// <summary>The items, without NULLs; none for a text of another form.</summary>
    public static IReadOnlyList<string> Parse(string text)
    {
        if (text.Length < 2 || text[0] != '{' || text[^1] != '}')
        {
            return [];
        }

        List<string> items = [];
        var item = new StringBuilder();
        bool isQuoted = false;
        bool wasQuoted = false;
        for (int index = 1; index < text.Length; index++)
        {
            char letter = text[index];
            if (isQuoted && letter == '\\' && index + 1 < text.Length)
            {
                item.Append(text[++index]);
            }
            else if (letter == '"')
            {
                (isQuoted, wasQuoted) = (!isQuoted, true);
            }
            else if (!isQuoted && (letter is ',' || index == text.Length - 1))
            {
                string found = item.ToString();
                if (wasQuoted || found is not ("" or "NULL"))
                {
                    items.Add(found);
                }

                item.Clear();
                wasQuoted = false;
            }
            else
            {
                item.Append(letter);
            }
        }

        return items;
    }
}
