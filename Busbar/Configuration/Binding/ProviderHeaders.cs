using Busbar.Configuration.Model;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding;

/// <summary>Reads <c>headers:</c> of a provider. Values are never shown: some of them open doors.</summary>
internal static class ProviderHeaders
{
    private static readonly HashSet<string> Reserved = new(StringComparer.OrdinalIgnoreCase)
    {
        "Authorization", "x-api-key", "api-key", "x-goog-api-key", "Cookie", "Host", "Content-Type", "Content-Length", "Content-Encoding",
        "Transfer-Encoding",
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "TE", "Trailer", "Upgrade", "Expect", "Accept", "Accept-Encoding",
        "User-Agent",
    };

    /// <summary>Whether a provider's calls may carry such a header.</summary>
    public static bool MayHold(string name, string value) =>
        HeaderText.IsName(name) && !IsReserved(name) && !string.IsNullOrWhiteSpace(value) && HeaderText.IsValue(value);

    /// <summary>The headers by name.</summary>
    public static Dictionary<string, Secret> Bind(Section provider, ConfigReport report)
    {
        var headers = new Dictionary<string, Secret>(StringComparer.OrdinalIgnoreCase);
        report.Conceal(provider.At("headers"));
        foreach ((string name, string path, YamlNode node) in provider.Named("headers"))
        {
            report.Conceal(path);
            string? value = provider.Text(node, path);
            if (!HeaderText.IsName(name))
            {
                report.Error(path, "not a legal header name");
            }
            else if (IsReserved(name))
            {
                report.Error(path, $"the header '{name}' is set by the gateway itself",
                    "credentials go into api_key_env or api_key_file, the user agent into user_agent; leave the others out");
            }
            else if (string.IsNullOrWhiteSpace(value))
            {
                report.Error(path, "must not be blank", "leave the header out to send none");
            }
            else if (!HeaderText.IsValue(value))
            {
                report.Error(path, "not a legal header value", "it takes visible ASCII characters and inner spaces");
            }
            else if (!headers.TryAdd(name, new Secret(value)))
            {
                report.Error(path, "the header is given twice, in two cases", "keep one of them");
            }
        }

        return headers;
    }

    private static bool IsReserved(string name) => Reserved.Contains(name) || name.StartsWith("x-amz-", StringComparison.OrdinalIgnoreCase);
}
