using Busbar.Configuration.Binding;

namespace Busbar.Commands.Remote;

/// <summary>Arguments of a command that speaks to the admin API: words, options with a value, and switches.</summary>
internal sealed class AdminArguments
{
    private static readonly string[] CommonOptions = ["--url", "--config", "--socket"];
    private static readonly string[] CommonSwitches = ["--json", "--help", "-h"];

    private readonly List<(string Name, string Value)> _options = [];

    private AdminArguments()
    {
    }

    /// <summary>Arguments that are no options, in order.</summary>
    public List<string> Words { get; } = [];

    /// <summary>
    /// Sorts <paramref name="arguments"/>; null with a <paramref name="problem"/> when one is not understood. <c>--url</c>, <c>--config</c>,
    /// <c>--socket</c>, <c>--json</c> and <c>--help</c> are always known.
    /// </summary>
    public static AdminArguments? Parse(ReadOnlySpan<string> arguments, string[] options, string[] switches, out string problem)
    {
        var parsed = new AdminArguments();
        problem = "";
        for (int index = 0; index < arguments.Length; index++)
        {
            string argument = arguments[index];
            if (argument is "--token" or "--admin-token")
            {
                problem = $"{argument} is no option, since other users of this machine see arguments; put the token into {AdminClient.TokenVariable}";
                return null;
            }

            if (CommonSwitches.Contains(argument) || switches.Contains(argument))
            {
                parsed._options.Add((argument, ""));
            }
            else if (CommonOptions.Contains(argument) || options.Contains(argument))
            {
                if (index + 1 == arguments.Length)
                {
                    problem = $"{argument} lacks its value";
                    return null;
                }

                parsed._options.Add((argument, arguments[++index]));
            }
            else if (argument.StartsWith('-'))
            {
                string[] known = [.. options, .. switches, .. CommonOptions, .. CommonSwitches];
                string? meant = Array.Find(known, option => option.StartsWith(argument, StringComparison.Ordinal)) ?? Nearest.To(argument, known);
                problem = $"unknown option '{argument}'{(meant is null ? "" : $"; did you mean '{meant}'?")}";
                return null;
            }
            else
            {
                parsed.Words.Add(argument);
            }
        }

        return parsed;
    }

    /// <summary>Whether only help is wanted.</summary>
    public bool WantsHelp => Has("--help") || Has("-h");

    /// <summary>Whether an option or switch is given.</summary>
    public bool Has(string name) => _options.Exists(option => option.Name == name);

    /// <summary>The last value of an option; null when it is not given.</summary>
    public string? Last(string name) => _options.FindLast(option => option.Name == name).Value;

    /// <summary>All values of an option.</summary>
    public IReadOnlyList<string> All(string name) => [.. _options.Where(option => option.Name == name).Select(option => option.Value)];
}
