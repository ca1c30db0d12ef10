using Busbar.Configuration.Model;

namespace Busbar.Governance.Keys;

/// <summary>What an edit of a key came to.</summary>
/// <param name="Status">How it ended.</param>
/// <param name="Key">The key as it is now, or was before it was deleted; null when there is none.</param>
/// <param name="Secret">A secret made by the edit: this is the only time it is shown.</param>
internal readonly record struct KeyReply(KeyStatus Status, VirtualKey? Key = null, Secret? Secret = null);
