using Busbar.Governance.Nodes;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <content>What nodes tell each other.</content>
internal sealed partial class PostgresStore
{
    private const int MostHomes = 200_000;

    /// <inheritdoc/>
    public void PutFacts(IReadOnlyCollection<SharedFact> facts) => Do(connection =>
    {
        using NpgsqlTransaction transaction = connection.BeginTransaction();
        long last = connection.Number("UPDATE busbar.head SET facts = facts + $1 RETURNING facts", (long)facts.Count)!.Value;
        connection.Run(
            """
            INSERT INTO busbar.facts (kind, id, value, until, seq)
            SELECT t.kind, t.id, t.value, t.until, $5 + t.number FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS t (kind, id, value, until, number)
            ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value, until = excluded.until, seq = excluded.seq
            """,
            Column(facts, fact => fact.Kind), Column(facts, fact => PostgresText.Clean(fact.Id)),
            Column(facts, fact => PostgresText.Clean(fact.Value)), Column(facts, fact => fact.Until),
            last - facts.Count);
        connection.Run("DELETE FROM busbar.facts WHERE kind = 'home' AND seq <= $1", last - MostHomes);
        transaction.Commit();
        return true;
    });

    /// <inheritdoc/>
    public IReadOnlyList<(long Number, SharedFact Fact)> ReadFacts(long after) => Do(connection => connection.Read(
        "SELECT seq, kind, id, value, until FROM busbar.facts WHERE seq > $1 AND until > extract(epoch FROM now()) ORDER BY seq",
        row => (row.Count(0), new SharedFact(row.Text(1), row.Text(2), row.Text(3), row.Count(4))), after));
}
