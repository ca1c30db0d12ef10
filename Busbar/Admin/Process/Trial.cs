using Busbar.Governance.Keys;

namespace Busbar.Admin.Process;

/// <summary>A request that an operator sends through the gateway to see what becomes of it.</summary>
/// <param name="Target">Path and query as a client would send them.</param>
/// <param name="As">The key whose rights it has and that pays for it; null for nobody's, which may use everything and costs no key anything.</param>
internal sealed record Trial(string Target, KeyEntry? As);
