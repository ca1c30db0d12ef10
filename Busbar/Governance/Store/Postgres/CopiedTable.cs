namespace Busbar.Governance.Store.Postgres;

/// <summary>How much of a table was copied.</summary>
/// <param name="Name">The table.</param>
/// <param name="Rows">Rows.</param>
/// <param name="Sum">All its counts and amounts added up, which is the same on both sides.</param>
internal readonly record struct CopiedTable(string Name, long Rows, Int128 Sum);
