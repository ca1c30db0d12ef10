using System.Globalization;
using Busbar.Governance.Groups;
using Busbar.Governance.Keys;
using Busbar.Governance.Nodes;
using Npgsql;

namespace Busbar.Governance.Store.Postgres;

/// <content>Edits of keys and groups.</content>
internal sealed partial class PostgresStore
{
    /// <inheritdoc/>
    public bool Insert(VirtualKey key) => Edit(FleetChange.Key, key.Id, connection =>
    {
        object?[] values = KeyRow.ValuesOf(key);
        if (connection.Number(
            "SELECT 1::bigint FROM busbar.virtual_keys WHERE id = $1 OR key_hash IN ($2, $3) OR former_hash IN ($2, $3) OR access_key_id = " +
                "$4 LIMIT 1",
            key.Id, values[1], values[10] ?? values[1], values[19] ?? "") is not null)
        {
            return false;
        }

        connection.Run($"INSERT INTO busbar.virtual_keys ({KeyRow.Columns}) VALUES ({Places(values.Length)})", Bound(values));
        return true;
    });

    /// <inheritdoc/>
    public bool Update(VirtualKey key) => Edit(FleetChange.Key, key.Id, connection =>
    {
        string[] columns = KeyRow.Columns.Split(", ");
        string assignments = string.Join(", ", columns.Select((column, i) => $"{column} = ${i + 1}").Skip(1));
        return connection.Run($"UPDATE busbar.virtual_keys SET {assignments} WHERE id = $1", Bound(KeyRow.ValuesOf(key))) == 1;
    });

    /// <inheritdoc/>
    public bool Delete(string id)
    {
        bool isDeleted = Edit(FleetChange.Key, id, connection =>
        {
            ForgetOwner(connection, id);
            return connection.Run("DELETE FROM busbar.virtual_keys WHERE id = $1", id) == 1;
        });
        lock (_writing)
        {
            _totals.Forget(id);
        }

        return isDeleted;
    }

    /// <inheritdoc/>
    public void InsertGroup(Group group) => Edit(FleetChange.Group, group.Id, connection => connection.Run(
        "INSERT INTO busbar.key_groups (id, name, parent_id, frozen, created_at, limits, child_limits) VALUES ($1, $2, $3, $4, $5, $6, $7)",
        Bound(GroupRow.ValuesOf(group))) == 1);

    /// <inheritdoc/>
    public void UpdateGroup(Group group) => Edit(FleetChange.Group, group.Id, connection => connection.Run(
        "UPDATE busbar.key_groups SET name = $2, parent_id = $3, frozen = $4, limits = $6, child_limits = $7 WHERE id = $1 AND created_at = $5",
        Bound(GroupRow.ValuesOf(group))) == 1);

    /// <inheritdoc/>
    public void DeleteGroup(string id) => Edit(FleetChange.Group, id, connection =>
    {
        ForgetOwner(connection, id);
        return connection.Run("DELETE FROM busbar.key_groups WHERE id = $1", id) == 1;
    });

    private static string Places(int count) => string.Join(", ",
        Enumerable.Range(1, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"${i}")));

    // Numbers are 64 bits wide in every table.
    private static object?[] Bound(object?[] values) => [.. values.Select(value => value switch
    {
        int number => (long)number,
        uint number => (long)number,
        string text => PostgresText.Clean(text),
        _ => value,
    })];

    private static void ForgetOwner(NpgsqlConnection connection, string owner)
    {
        connection.Run("DELETE FROM busbar.limit_counters WHERE owner = $1", owner);
        connection.Run("DELETE FROM busbar.limit_alerts WHERE owner = $1", owner);
    }
}
