using System.Text.RegularExpressions;
using Busbar.Commands;

namespace Busbar.Tests.Commands;

public sealed class CompletionTests
{
    [Fact]
    public void Every_command_and_option_that_help_tells_of_is_completed()
    {
        string[] told = [.. Regex.Matches(HelpText.Text, @"(?<![\w-])--[a-z][a-z-]+").Select(option => option.Value).Distinct()];
        string[] commands = [.. Regex.Matches(HelpText.Text, @"^ *busbar ([a-z]+)", RegexOptions.Multiline).Select(command => command.Groups[1].Value)
            .Distinct()];

        Assert.Empty(told.Except(CompletionCommand.Commands.SelectMany(command => command.Options)));
        Assert.Equal(commands.Order(), CompletionCommand.Commands.Select(command => command.Command).Where(command => command.Length > 0).Order());
    }

    [Theory]
    [InlineData("busbar k", "keys")]
    [InlineData("busbar keys r", "revoke rotate")]
    [InlineData("busbar import l", "litellm")]
    [InlineData("busbar --pro", "--probe --providers")]
    public async Task Bash_completes(string line, string expected)
    {
        string[] words = line.Split(' ');
        using var script = new StringWriter();
        Assert.Equal(0, CompletionCommand.Run(["completion", "bash"], script, TextWriter.Null));
        var start = new System.Diagnostics.ProcessStartInfo("bash",
            ["-c", $"{script}\nCOMP_WORDS=({line}); COMP_CWORD={words.Length - 1}; _busbar; printf '%s\\n' \"${{COMPREPLY[@]}}\" | sort | tr " +
            "'\\n' ' '"]) { RedirectStandardOutput = true };
        using var bash = System.Diagnostics.Process.Start(start)!;

        Assert.Equal(expected, (await bash.StandardOutput.ReadToEndAsync()).Trim());
    }

    [Fact]
    public void A_shell_that_nobody_knows_is_a_wrong_argument()
        => Assert.Equal(2, CompletionCommand.Run(["completion", "csh"], TextWriter.Null, TextWriter.Null));
}
