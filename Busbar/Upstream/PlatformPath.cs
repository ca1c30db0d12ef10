using Busbar.Configuration.Model.Providers;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Wire;

namespace Busbar.Upstream;

/// <summary>Where a cloud has a protocol's calls: what it puts in front of the model's name, and in front of the path.</summary>
internal static class PlatformPath
{
    private const string Preview = "preview";

    /// <summary>How paths name <paramref name="model"/> at <paramref name="provider"/>.</summary>
    public static string Name(ProviderConfig provider, string model) => provider.Platform switch
    {
        Platform.Vertex when !model.Contains('/') =>
            $"projects/{provider.Project}/locations/{provider.Location}/" +
                $"publishers/{ProtocolTable.Get(provider.Protocol).VertexPublisher}/models/{model}",
        _ => model,
    };

    /// <summary>Path and query of a call; <paramref name="named"/> is the model as <see cref="Name"/> has it.</summary>
    public static string Of(ProviderConfig provider, Protocol protocol, string named, in EgressCall call) => provider.Platform switch
    {
        Platform.Vertex => protocol.EgressPath(named, call with { Version = call.Version ?? "/" + (provider.ApiVersion ?? "v1") }),
        Platform.Azure when protocol.AzurePrefix is { } prefix => prefix + protocol.EgressPath(named, call),
        Platform.Azure => Azure(provider.ApiVersion, named, protocol.EgressPath(named, call)),
        _ => protocol.EgressPath(named, call),
    };

    // The v1 API is the vendor's own below /openai; versions by date have the deployment in the path, but not for the newer Responses.
    private static string Azure(string? version, string deployment, string path)
    {
        if (version is null or "v1" or Preview or "latest")
        {
            return "/openai" + path + (version is Preview or "latest" ? $"?api-version={version}" : "");
        }

        string rest = path["/v1".Length..];
        string prefix = rest.StartsWith("/responses", StringComparison.Ordinal) ? "/openai"
            : $"/openai/deployments/{UrlPath.EncodeSegment(deployment)}";
        return $"{prefix}{rest}?api-version={version}";
    }
}
