using Busbar.Governance.Keys;

namespace Busbar.Import.Draft;

/// <summary>A key as it will be stored.</summary>
/// <param name="Key">The key, its digest included.</param>
/// <param name="SpentNanos">What it has spent in the current window of its budget, nano-dollars.</param>
internal sealed record DraftKey(VirtualKey Key, long SpentNanos);
