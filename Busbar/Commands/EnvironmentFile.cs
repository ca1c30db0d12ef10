using System.Text;
using Busbar.Configuration;

namespace Busbar.Commands;

/// <summary>
/// Variables from a file in the form of systemd's <c>EnvironmentFile=</c> (systemd.exec(5)), in front of those of the process: what a unit sees can
/// be checked from a shell.
/// </summary>
internal sealed class EnvironmentFile : IEnvironment
{
    private const int MaxBytes = 1024 * 1024;

    private readonly Dictionary<string, string> _values;
    private readonly IEnvironment _process;

    private EnvironmentFile(Dictionary<string, string> values, IEnvironment process) => (_values, _process) = (values, process);

    /// <summary>Reads <paramref name="file"/>; null when that fails, with the reason in <paramref name="problem"/>.</summary>
    public static EnvironmentFile? Read(string file, IEnvironment process, out string problem)
    {
        problem = "";
        try
        {
            if (new FileInfo(file).Length > MaxBytes)
            {
                problem = $"the file '{file}' is larger than {MaxBytes} bytes";
                return null;
            }

            return new EnvironmentFile(Parse(File.ReadAllText(file)), process);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            problem = $"cannot read the file '{file}': {exception.Message}";
            return null;
        }
    }

    /// <inheritdoc/>
    public string? Get(string name) => _values.GetValueOrDefault(name) ?? _process.Get(name);

    /// <summary>
    /// The variables of such a file: <c>NAME=value</c> lines, comments after <c>#</c> or <c>;</c>, values bare or in quotes, a backslash at a line's
    /// end goes on with the next line. Lines of another form are passed over, as systemd does.
    /// </summary>
    internal static Dictionary<string, string> Parse(string text)
    {
        Dictionary<string, string> values = [];
        foreach (string line in text.ReplaceLineEndings("\n").Replace("\\\n", "", StringComparison.Ordinal).Split('\n'))
        {
            string trimmed = line.Trim();
            int equals = trimmed.IndexOf('=');
            if (equals > 0 && trimmed[0] is not ('#' or ';'))
            {
                values[trimmed[..equals].TrimEnd()] = Unquote(trimmed[(equals + 1)..].Trim());
            }
        }

        return values;
    }

    // Within double quotes a backslash takes the next character as it is; within single quotes nothing does.
    private static string Unquote(string value)
    {
        if (value.Length < 2 || value[0] is not ('"' or '\'') || value[^1] != value[0])
        {
            return value;
        }

        string inner = value[1..^1];
        if (value[0] == '\'')
        {
            return inner;
        }

        var text = new StringBuilder(inner.Length);
        for (int index = 0; index < inner.Length; index++)
        {
            if (inner[index] == '\\' && index + 1 < inner.Length)
            {
                index++;
            }

            text.Append(inner[index]);
        }

        return text.ToString();
    }
}
