using Busbar.Upstream;
using Busbar.Upstream.SigV4;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.Admission;

/// <summary>
/// Hands a caller's own AWS signature on to a provider of the same protocol. It is valid there only if the caller signed for the provider's host and
/// model, and body and path go on unchanged; if not, the provider says so.
/// </summary>
internal static class ForwardedSignature
{
    /// <summary>
    /// Copies the signature and those signed headers that belong to the signing itself; nothing a client names can bring in any other.
    /// </summary>
    public static void Copy(IHeaderDictionary client, UpstreamRequest upstream)
    {
        string authorization = client.Authorization.ToString();
        if (!SigV4Authorization.TryParse(authorization, out SigV4Authorization claim))
        {
            return;
        }

        Add("Authorization", authorization, upstream);
        foreach (string name in claim.SignedHeaders)
        {
            if (name.StartsWith("x-amz-", StringComparison.Ordinal) || name.StartsWith("amz-sdk-", StringComparison.Ordinal))
            {
                Add(name, client[name].ToString(), upstream);
            }
        }
    }

    private static void Add(string name, string value, UpstreamRequest upstream)
    {
        if (value.Length > 0 && !upstream.Has(name))
        {
            upstream.TryAdd(name, value);
        }
    }
}
