using System.Text;
using Busbar.Commands.Doctor;
using Busbar.Commands.Remote;
using Busbar.Commands.Serve;
using Busbar.Configuration;
using Busbar.Configuration.Binding;

namespace Busbar.Commands;

/// <summary>Turns arguments into one command. Flags need no file, no variable and no network.</summary>
internal static class CommandLine
{
    private static readonly string[] Known =
    [
        "--config", "--providers", "--prices", "--demo", "--validate", "--probe", "--schema", "--version", "--help", "--env-file", "doctor", "prices",
        "import", "store", "completion", "status", "lanes", "keys", "groups",
    ];

    /// <summary>Runs the command and returns the exit code: 0 done, 1 start or server error or a refusal, 2 unknown argument.</summary>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        if (!TryTakeEnvironmentFile(ref arguments, out IEnvironment environment, out string problem))
        {
            error.WriteLine($"busbar: --env-file: {problem}");
            return 2;
        }

        switch (arguments)
        {
            case ["keys", ..]:
                return await KeysCommand.RunAsync(arguments, environment, TimeProvider.System, output, error).ConfigureAwait(false);
            case ["groups", ..]:
                return await GroupsCommand.RunAsync(arguments, environment, output, error).ConfigureAwait(false);
            case ["lanes", ..]:
                return await LanesCommand.RunAsync(arguments, environment, output, error).ConfigureAwait(false);
            case ["prices", ..]:
                return PricesCommand.Run(arguments, environment, output, error);
            case ["import", ..]:
                return ImportCommand.Run(arguments, environment, TimeProvider.System, output, error);
            case ["store", ..]:
                return StoreCommand.Run(arguments, environment, output, error);
            case ["completion", ..]:
                return CompletionCommand.Run(arguments, output, error);
            case ["doctor", ..]:
                return await DoctorCommand.RunAsync(arguments, environment, TimeProvider.System, output, error).ConfigureAwait(false);
            case ["status", ..]:
                return await StatusCommand.RunAsync(arguments, environment, output, error).ConfigureAwait(false);
        }

        string? config = null;
        string? catalog = null;
        string? prices = null;
        string? probed = null;
        Command command = Command.Serve;
        for (int index = 0; index < arguments.Length; index++)
        {
            switch (arguments[index])
            {
                case "--version" or "-V":
                    output.Write(VersionReport.Text);
                    return 0;
                case "--help" or "-h":
                    output.Write(HelpText.Text);
                    return 0;
                case "--schema":
                    using (var schema = new MemoryStream())
                    {
                        ConfigSchema.Write(schema);
                        output.WriteLine(Encoding.UTF8.GetString(schema.ToArray()));
                    }

                    return 0;
                case "--validate":
                    command = Command.Validate;
                    break;
                case "--probe":
                    command = Command.Probe;
                    probed = index + 1 < arguments.Length && !arguments[index + 1].StartsWith('-') ? arguments[++index] : null;
                    break;
                case "--demo":
                    command = Command.Demo;
                    break;
                case "--config" when index + 1 < arguments.Length && !arguments[index + 1].StartsWith('-'):
                    config = arguments[++index];
                    break;
                case "--providers" when index + 1 < arguments.Length && !arguments[index + 1].StartsWith('-'):
                    catalog = arguments[++index];
                    break;
                case "--providers":
                    command = Command.Providers;
                    break;
                case "--prices" when index + 1 < arguments.Length && !arguments[index + 1].StartsWith('-'):
                    prices = arguments[++index];
                    break;
                default:
                    error.WriteLine($"busbar: {Unknown(arguments[index])}; see busbar --help");
                    return 2;
            }
        }

        var sources = ConfigSources.Choose(config, catalog, prices, environment);
        return command switch
        {
            Command.Validate => ValidateCommand.Run(sources, environment, output, error),
            Command.Providers => ProvidersCommand.Run(sources, environment, output, error),
            Command.Probe => await ProbeCommand.RunAsync(probed, sources, environment, output, error).ConfigureAwait(false),
            Command.Demo => await DemoCommand.RunAsync(environment, output, error).ConfigureAwait(false),
            _ => await ServeCommand.RunAsync(sources, environment, error).ConfigureAwait(false),
        };
    }

    // Most who come here know another program's words.
    private static string Unknown(string argument) => argument switch
    {
        "--config" or "--providers" or "--prices" => $"'{argument}' lacks the name of its file",
        "serve" or "start" or "run" => $"unknown argument '{argument}'; it serves where no command is named: busbar --config FILE",
        _ when Nearest.To(argument, Known) is { } near => $"unknown argument '{argument}'; did you mean '{near}'?",
        _ => $"unknown argument '{argument}'",
    };

    // Every command takes it: what a unit reads from its EnvironmentFile= is seen from a shell too.
    private static bool TryTakeEnvironmentFile(ref string[] arguments, out IEnvironment environment, out string problem)
    {
        environment = ProcessEnvironment.Instance;
        problem = "";
        int at = Array.IndexOf(arguments, "--env-file");
        if (at < 0)
        {
            return true;
        }

        if (at + 1 == arguments.Length)
        {
            problem = "the name of a file is missing";
            return false;
        }

        if (EnvironmentFile.Read(arguments[at + 1], environment, out problem) is not { } file)
        {
            return false;
        }

        environment = file;
        arguments = [.. arguments[..at], .. arguments[(at + 2)..]];
        return true;
    }

    private enum Command
    {
        Serve,
        Validate,
        Providers,
        Demo,
        Probe,
    }
}
