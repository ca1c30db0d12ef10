using Busbar.Ir;

namespace Busbar.Configuration.Binding;

/// <summary>What a provider's keys say of the cloud it is in.</summary>
/// <param name="Platform">The cloud.</param>
/// <param name="Project">Google Cloud project; null outside Vertex AI.</param>
/// <param name="Location">Location of the models; null outside Vertex AI.</param>
/// <param name="ApiVersion">Version of the platform's API; null for the usual one.</param>
/// <param name="Deployments">Azure: deployments by the name of the model.</param>
/// <param name="Address">Where the cloud is by its own account; null where only the operator can say.</param>
internal sealed record PlatformSettings(
    Platform Platform, string? Project, string? Location, string? ApiVersion, IReadOnlyDictionary<string, string> Deployments, string? Address);
