using Busbar.Configuration;

namespace Busbar.Import.Sql;

/// <summary>A row of a dump.</summary>
/// <param name="columns">Index of each column's name.</param>
/// <param name="values">The values as text; null for SQL's NULL.</param>
/// <param name="location">Where it stands.</param>
/// <param name="beneath">A row that says what this one does not; null for none.</param>
internal sealed class SqlRow(IReadOnlyDictionary<string, int> columns, string?[] values, SourceLocation location, SqlRow? beneath = null)
{
    /// <summary>Where it stands.</summary>
    public SourceLocation Location { get; } = location;

    /// <summary>The value of a column; null when it is NULL or there is no such column.</summary>
    public string? this[string column] => (columns.TryGetValue(column, out int index) && index < values.Length ? values[index] : null)
        ?? beneath?[column];

    /// <summary>This row, with what it says nothing of taken from <paramref name="other"/>.</summary>
    public SqlRow Over(SqlRow other) => new(columns, values, Location, other);
}
