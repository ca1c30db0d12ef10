using Busbar.Governance.Groups;
using Busbar.Governance.Keys;

namespace Busbar.Governance.Store;

/// <content>Edits of keys and groups.</content>
internal sealed partial class SqliteStore
{
    /// <inheritdoc/>
    public bool Insert(VirtualKey key) => Change(() =>
    {
        string digest = key.Digest.ToHex();
        bool isTaken = _sql.FindKey.Read(_ => true, key.Id, digest, key.FormerDigest?.ToHex() ?? digest, key.AccessKey?.Id).Count > 0;
        return !isTaken && _sql.InsertKey.Run(KeyRow.ValuesOf(key)) == 1;
    });

    /// <inheritdoc/>
    public bool Update(VirtualKey key) => Change(() => _sql.UpdateKey.Run(KeyRow.ValuesOf(key)) == 1);

    /// <inheritdoc/>
    public bool Delete(string id) => Change(() =>
    {
        _sql.DeleteCounts.Run(id);
        _sql.DeleteAlerts.Run(id);
        return _sql.DeleteKey.Run(id) == 1;
    });

    /// <inheritdoc/>
    public void InsertGroup(Group group) => Change(() => _sql.InsertGroup.Run(GroupRow.ValuesOf(group)));

    /// <inheritdoc/>
    public void UpdateGroup(Group group) => Change(() => _sql.UpdateGroup.Run(GroupRow.ValuesOf(group)));

    /// <inheritdoc/>
    public void DeleteGroup(string id) => Change(() =>
    {
        _sql.DeleteCounts.Run(id);
        _sql.DeleteAlerts.Run(id);
        return _sql.DeleteGroup.Run(id);
    });
}
