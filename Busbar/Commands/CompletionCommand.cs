namespace Busbar.Commands;

/// <summary><c>busbar completion</c>: prints what makes a shell complete commands and options.</summary>
internal static class CompletionCommand
{
    private static readonly string[] Common = ["--url", "--config", "--socket", "--json", "--env-file", "--help"];

    /// <summary>What each command goes on with, and its options; the first has none.</summary>
    internal static (string Command, string[] Words, string[] Options)[] Commands { get; } =
    [
        ("", [], ["--config", "--providers", "--prices", "--demo", "--validate", "--probe", "--schema", "--version", "--help", "--env-file"]),
        ("status", [], Common),
        ("lanes", ["list", "reset", "disable", "enable", "probe"], Common),
        ("keys", ["create", "list", "update", "revoke", "rotate", "usage"],
        [
            "--name", "--pool", "--all-pools", "--budget-cents", "--period", "--rpm", "--tpm", "--max-concurrent", "--soft", "--strict", "--enable",
            "--expires-in", "--group", "--group-id", "--label", "--delete",
            "--overlap", "--from", "--until", "--by", "--by-label", "--csv", .. Common,
        ]),
        ("groups", ["create", "list", "show", "update", "freeze", "unfreeze", "delete"],
            ["--name", "--parent", "--limit", "--child-limit", "--no-limits", "--no-child-limits", .. Common]),
        ("prices", [], ["--prices", "--json", "--help"]),
        ("import", ["litellm", "bifrost", "portkey"], ["--database", "--out", "--json", "--help"]),
        ("store", ["copy", "migrate"], ["--from", "--to", "--config", "--help"]),
        ("doctor", [], ["--config", "--json", "--env-file", "--help"]),
        ("completion", ["bash", "zsh", "fish"], []),
    ];

    /// <summary>Prints the script for a shell.</summary>
    /// <returns>0, or 2 for a shell that nobody knows.</returns>
    public static int Run(string[] arguments, TextWriter output, TextWriter error)
    {
        string? script = arguments switch
        {
            [_, "bash"] => Bash(),
            [_, "zsh"] => $"#compdef busbar\nautoload -U +X bashcompinit && bashcompinit\n{Bash()}",
            [_, "fish"] => Fish(),
            _ => null,
        };
        if (script is null)
        {
            error.WriteLine("busbar completion: takes bash, zsh or fish; see busbar --help");
            return 2;
        }

        output.Write(script);
        return 0;
    }

    private static string Bash()
    {
        string cases = string.Concat(Commands.Skip(1).Select(
            command => $"    {command.Command}) words='{string.Join(' ', command.Words)}' options='{string.Join(' ', command.Options)}' ;;\n"));
        return $$"""
            _busbar() {
              local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} words options
              case $before in
                --config|--providers|--prices|--env-file|--database|--out|--socket) COMPREPLY=($(compgen -f -- "$current")); return ;;
              esac
              case ${COMP_WORDS[1]} in
            {{cases}}    *) words='{{string.Join(' ', Commands.Skip(1).Select(command => command.Command))}}' options='{{string.Join(' ', Commands[0].Options)}}' ;;
              esac
              if (( COMP_CWORD == 1 )); then
                words='{{string.Join(' ', Commands.Skip(1).Select(command => command.Command))}}' options='{{string.Join(' ', Commands[0].Options)}}'
              elif (( COMP_CWORD > 2 )); then
                words=
              fi
              COMPREPLY=($(compgen -W "$words $options" -- "$current"))
              if [[ ${COMP_WORDS[1]} == import && $COMP_CWORD == 3 && $current != -* ]]; then COMPREPLY=($(compgen -f -- "$current")); fi
            }
            complete -F _busbar busbar

            """;
    }

    private static string Fish()
    {
        IEnumerable<string> lines = Commands.Skip(1).SelectMany(command => (string[])
        [
            $"complete -c busbar -n __fish_use_subcommand -f -a {command.Command}",
            .. command.Words.Select(word => $"complete -c busbar -n '__fish_seen_subcommand_from {command.Command}' -f -a {word}"),
            .. command.Options.Select(option => $"complete -c busbar -n '__fish_seen_subcommand_from {command.Command}' -l {option[2..]}"),
        ]);
        return string.Join('\n', Commands[0].Options.Select(option => $"complete -c busbar -n __fish_use_subcommand -l {option[2..]}").Concat(lines))
            + "\n";
    }
}
