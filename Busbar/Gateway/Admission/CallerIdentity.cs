using Busbar.Governance.Keys;
using Busbar.Upstream.Credentials;

namespace Busbar.Gateway.Admission;

/// <summary>What a request proved about its sender.</summary>
/// <param name="Admitted">Whether it may go on.</param>
/// <param name="Credential">The credential upstream calls are to carry.</param>
/// <param name="Key">The virtual key it belongs to; null where none are used.</param>
/// <param name="Signed">The signature that covers its body, which is to be compared once it is there; null where a secret was shown.</param>
internal readonly record struct CallerIdentity(bool Admitted, CallerCredential Credential, KeyEntry? Key = null, SignedRequest? Signed = null);
