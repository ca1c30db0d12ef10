namespace Busbar.Configuration;

/// <summary>A place in a file; line and column count from 1.</summary>
internal readonly record struct SourceLocation(string File, int Line, int Column)
{
    /// <inheritdoc/>
    public override string ToString() => Line == 0 ? File : $"{File}:{Line}:{Column}";
}
