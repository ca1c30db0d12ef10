using Busbar.Governance.Nodes;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <content>What nodes tell each other.</content>
internal sealed partial class PostgresStore
{
    private const int MaxHomes = 200_000;
    private const int PruneFactsEach = 1000;

    /// <inheritdoc/>
    public FleetHead PutFacts(IReadOnlyCollection<SharedFact> facts) => Do(connection =>
    {
        // The row of the head stays locked until all is visible, so that nobody can pass over a number.
        FleetHead head = connection.Read(
            """
            WITH head AS (UPDATE busbar.head SET facts = facts + $5 RETURNING seq, facts),
            put AS (INSERT INTO busbar.facts (kind, id, value, until, seq)
              SELECT t.kind, t.id, t.value, t.until, head.facts - $5 + t.number
              FROM head, unnest($1, $2, $3, $4) WITH ORDINALITY AS t (kind, id, value, until, number)
              ON CONFLICT (kind, id) DO UPDATE SET value = excluded.value, until = excluded.until, seq = excluded.seq)
            SELECT seq, facts FROM head
            """,
            row => new FleetHead(row.Count(0), row.Count(1)),
            Column(facts, fact => fact.Kind), Column(facts, fact => PostgresText.Clean(fact.Id)),
            Column(facts, fact => PostgresText.Clean(fact.Value)), Column(facts, fact => fact.Until), (long)facts.Count)[0];
        if (head.Facts / PruneFactsEach != (head.Facts - facts.Count) / PruneFactsEach)
        {
            connection.Run("DELETE FROM busbar.facts WHERE kind = 'home' AND seq <= $1", head.Facts - MaxHomes);
        }

        return head;
    });

    /// <inheritdoc/>
    public IReadOnlyList<(long Number, SharedFact Fact)> ReadFacts(long after) => Do(connection => connection.Read(
        "SELECT seq, kind, id, value, until FROM busbar.facts WHERE seq > $1 AND until > extract(epoch FROM now()) ORDER BY seq",
        row => (row.Count(0), new SharedFact(row.Text(1), row.Text(2), row.Text(3), row.Count(4))), after));
}
