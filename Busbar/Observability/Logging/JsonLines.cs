using System.Text;
using Microsoft.Extensions.Logging;

namespace Busbar.Observability.Logging;

/// <summary>
/// Makes a log line of every line that is written to it: what a start says about its configuration, in the form of everything else. A line that
/// begins with <c>[error]</c> or <c>[warn]</c> is of that level, any other is information.
/// </summary>
internal sealed class JsonLines(TextWriter output, TimeProvider time) : TextWriter
{
    private static readonly (string Prefix, LogLevel Level)[] Levels = [("[error] ", LogLevel.Error), ("[warn] ", LogLevel.Warning)];

    /// <inheritdoc/>
    public override Encoding Encoding => output.Encoding;

    /// <inheritdoc/>
    public override void Write(char value) => throw new NotSupportedException("only whole lines become JSON");

    /// <inheritdoc/>
    public override void WriteLine(object? value) => WriteLine(value?.ToString());

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        string message = value ?? "";
        LogLevel level = LogLevel.Information;
        foreach ((string prefix, LogLevel named) in Levels)
        {
            if (message.StartsWith(prefix, StringComparison.Ordinal))
            {
                (message, level) = (message[prefix.Length..], named);
            }
        }

        output.WriteLine(LogLine.Json(time.GetUtcNow(), level, "busbar", message, null, null));
    }

    /// <inheritdoc/>
    public override void Flush() => output.Flush();
}
