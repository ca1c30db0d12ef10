using System.Text;

namespace Busbar.Observability.Logging;

/// <summary>Sends every line that is written to it the way of the log.</summary>
internal sealed class QueuedLines(LogQueue queue) : TextWriter
{
    /// <inheritdoc/>
    public override Encoding Encoding => Encoding.UTF8;

    /// <inheritdoc/>
    public override void Write(char value) => throw new NotSupportedException("only whole lines go to the log");

    /// <inheritdoc/>
    public override void WriteLine(object? value) => WriteLine(value?.ToString());

    /// <inheritdoc/>
    public override void WriteLine(string? value)
    {
        if (!string.IsNullOrEmpty(value))
        {
            queue.Add(value);
        }
    }
}
