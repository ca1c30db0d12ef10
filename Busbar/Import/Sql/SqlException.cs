namespace Busbar.Import.Sql;

/// <summary>A dump that cannot be read. The message is for the operator.</summary>
/// <param name="message">What is wrong.</param>
/// <param name="line">The line, from 1; 0 for the whole file.</param>
internal sealed class SqlException(string message, int line = 0) : Exception(message)
{
    /// <summary>The line, from 1; 0 for the whole file.</summary>
    public int Line { get; } = line;
}
