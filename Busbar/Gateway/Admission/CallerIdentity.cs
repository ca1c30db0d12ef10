using Busbar.Governance.Keys;
using Busbar.Upstream;

namespace Busbar.Gateway.Admission;

/// <summary>What a request proved about its sender.</summary>
/// <param name="Admitted">Whether it may go on.</param>
/// <param name="Credential">The credential upstream calls are to carry.</param>
/// <param name="Key">The virtual key it belongs to; null where none are used, and until a signature is verified.</param>
/// <param name="IsSigned">It carries a signature that covers the body, and is admitted only to have its body read and the signature verified.</param>
internal readonly record struct CallerIdentity(bool Admitted, CallerCredential Credential, KeyEntry? Key = null, bool IsSigned = false);
