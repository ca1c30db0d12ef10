using Busbar.Configuration;
using Busbar.Upstream;

namespace Busbar.Gateway;

/// <summary>What a request proved about its sender.</summary>
/// <param name="Admitted">Whether it may go on.</param>
/// <param name="Credential">The credential upstream calls are to carry.</param>
internal readonly record struct CallerIdentity(bool Admitted, CallerCredential Credential);
