using System.Text;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Bedrock.Content;

/// <summary>
/// Names of documents as the service demands them: letters, digits, single spaces, hyphens, parentheses and square brackets, at most 200, and no name
/// twice in a request.
/// </summary>
internal sealed class DocumentNames
{
    private const int MaxCharacters = 200;
    private const int RoomForNumber = 8;

    private readonly HashSet<string> _used = [];

    /// <summary>A legal name close to <paramref name="title"/>, which may be absent.</summary>
    public string Take(JsonText title)
    {
        string name = Legal(title.ToString());
        for (int number = 2; !_used.Add(name); number++)
        {
            name = $"{Legal(title.ToString())} ({number})";
        }

        return name;
    }

    private static string Legal(string title)
    {
        var name = new StringBuilder(Math.Min(title.Length, MaxCharacters));
        foreach (char character in title)
        {
            bool isLegal = char.IsAsciiLetterOrDigit(character) || character is '-' or '(' or ')' or '[' or ']';
            if (isLegal)
            {
                name.Append(character);
            }
            else if (name.Length > 0 && name[^1] is not (' ' or '-'))
            {
                name.Append(char.IsWhiteSpace(character) ? ' ' : '-');
            }

            if (name.Length == MaxCharacters - RoomForNumber)
            {
                break;
            }
        }

        string trimmed = name.ToString().Trim(' ', '-');
        return trimmed.Length == 0 ? "document" : trimmed;
    }
}
