using System.Text;
using Busbar.Configuration.Binding;
using Busbar.Configuration.Guards;

namespace Busbar.Configuration;

/// <summary>One thing wrong with a configuration. Holds no secret: a value that may be one is left out.</summary>
internal sealed record ConfigProblem
{
    private const int MaxShown = 500;

    /// <summary>Whether it is fatal.</summary>
    public required ProblemSeverity Severity { get; init; }

    /// <summary>The key, such as <c>pools.fast.members[1].weight</c>; empty for a whole file.</summary>
    public required string Path { get; init; }

    /// <summary>Where it stands, or where its block stands when the key is missing; null when no file says it.</summary>
    public SourceLocation? Location { get; init; }

    /// <summary>The value as written, before variables were put in; null when missing, not a scalar or possibly secret.</summary>
    public string? Value { get; init; }

    /// <summary>What is wrong.</summary>
    public required string Message { get; init; }

    /// <summary>What to do about it; null when the message says it.</summary>
    public string? Remedy { get; init; }

    /// <summary>The problem on one line; a control character becomes a question mark, and what is very long is cut.</summary>
    public override string ToString()
    {
        StringBuilder line = new(Severity == ProblemSeverity.Error ? "[error] " : "[warn] ");
        if (Path.Length > 0)
        {
            line.Append(Path).Append(Location is null ? ": " : " ");
        }

        if (Location is { } location)
        {
            line.Append('(').Append(location).Append("): ");
        }

        Append(line, UserInfo.HideIn(Message));
        if (Value is not null)
        {
            Append(line.Append(" (value: '"), Value);
            line.Append("')");
        }

        if (Remedy is not null)
        {
            Append(line.Append("; "), UserInfo.HideIn(Remedy));
        }

        for (int index = 0; index < line.Length; index++)
        {
            if (ControlCharacters.All.Contains(line[index]))
            {
                line[index] = '?';
            }
        }

        return line.ToString();
    }

    private static void Append(StringBuilder line, string text)
    {
        line.Append(text, 0, Math.Min(text.Length, MaxShown));
        if (text.Length > MaxShown)
        {
            line.Append('…');
        }
    }
}
