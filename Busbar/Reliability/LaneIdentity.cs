using System.Security.Cryptography;
using System.Text;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Reliability;

/// <summary>
/// What makes two lanes of successive configurations the same lane. Another address, wire model or key value is another lane, so that a
/// corrected credential starts with a clean slate.
/// </summary>
internal readonly record struct LaneIdentity(string Model, string Provider, string BaseUrl, string? Path, string UpstreamModel, string KeySource,
    string KeyDigest)
{
    /// <summary>Identity of the lane of <paramref name="model"/> with the provider's key number <paramref name="keyIndex"/>.</summary>
    public static LaneIdentity Of(ModelConfig model, ProviderConfig provider, int keyIndex)
    {
        var source = provider.ApiKeyFile ?? (keyIndex < provider.ApiKeyEnv.Count ? provider.ApiKeyEnv[keyIndex] : "");
        var key = keyIndex < provider.ApiKeys.Count ? provider.ApiKeys[keyIndex].Reveal() : "";
        var digest = Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(key)));
        return new LaneIdentity(model.Name, provider.Name, provider.BaseUrl, provider.Path, model.UpstreamModel, source, digest);
    }
}
