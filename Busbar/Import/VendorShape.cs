using Busbar.Configuration.Guards;
using Busbar.Import.Draft;

namespace Busbar.Import;

/// <summary>Providers as vendors have them, still without a key.</summary>
internal static class VendorShape
{
    /// <summary>A vendor with one address, or a server of one's own at <paramref name="address"/>, as OpenAI's client would call it.</summary>
    /// <param name="vendor">Whose it is.</param>
    /// <param name="address">The address that was given; null for the vendor's own.</param>
    public static DraftProvider Plain(Vendor vendor, string? address)
    {
        string name = vendor.Provider;
        string? path = vendor.Path;
        if (address is not null)
        {
            // OpenAI's client adds nothing but the last part to an address.
            bool isChat = name is not ("anthropic" or "gemini" or "cohere" or "responses" or "ollama");
            address = Without(Without(address.TrimEnd('/'), "/chat/completions"), "/v1/messages");
            path = isChat && !address.EndsWith("/v1", StringComparison.Ordinal) ? "/chat/completions" : null;
        }

        string? url = address ?? (string.IsNullOrEmpty(vendor.BaseUrl) ? null : vendor.BaseUrl);
        return new DraftProvider
        {
            Name = name,
            Listed = vendor.BaseUrl is null ? name : null,
            Protocol = vendor.BaseUrl is null ? null : "openai",
            BaseUrl = url,
            Path = path,
            Auth = name == "azure-ai" ? "api-key" : null,
            IsPrivate = url is not null && IsPrivate(url),
        };
    }

    /// <summary>A resource of Azure: OpenAI's deployments, or Claude's in AI Foundry.</summary>
    /// <param name="address">The address of the resource, with or without the beginning of a path.</param>
    /// <param name="version">Its API version; empty for the v1 API.</param>
    /// <param name="protocol"><c>openai</c>, <c>responses</c> or <c>anthropic</c>.</param>
    public static DraftProvider Azure(string address, string version, string protocol)
    {
        address = Without(Without(Without(Without(address.TrimEnd('/'), "/v1/messages"), "/anthropic"), "/v1"), "/openai");
        return new DraftProvider
        {
            Name = protocol switch { "responses" => "azure-responses", "anthropic" => "azure-claude", _ => "azure" },
            Protocol = protocol,
            AzureVersion = protocol == "anthropic" || version == "v1" ? "" : version,
            BaseUrl = address,
            IsPrivate = IsPrivate(address),
        };
    }

    /// <summary>Bedrock in a region, or at an endpoint of one's own.</summary>
    public static DraftProvider Bedrock(string? region, string? endpoint) => new()
    {
        Name = "bedrock",
        Protocol = "bedrock",
        BaseUrl = endpoint ?? $"https://bedrock-runtime.{(string.IsNullOrEmpty(region) ? "us-east-1" : region)}.amazonaws.com",
        IsPrivate = endpoint is not null && IsPrivate(endpoint),
    };

    /// <summary>Vertex AI, and the model's name there: Gemini and Claude in their own protocols, others in OpenAI's.</summary>
    public static (DraftProvider Provider, string Upstream) Vertex(string project, string location, string model)
    {
        if (model.Contains('/'))
        {
            string host = location == "global" ? "aiplatform.googleapis.com" : $"{location}-aiplatform.googleapis.com";
            return (new DraftProvider
            {
                Name = "vertex-openai",
                Protocol = "openai",
                BaseUrl = $"https://{host}/v1/projects/{project}/locations/{location}/endpoints/openapi",
                Path = "/chat/completions",
            }, model);
        }

        bool isClaude = model.StartsWith("claude", StringComparison.Ordinal);
        return (new DraftProvider { Name = isClaude ? "vertex-claude" : "vertex", Protocol = isClaude ? "anthropic" : "gemini", Vertex =
            (project, location) }, model);
    }

    /// <summary>Whether an address needs <c>allow_private_network</c>.</summary>
    public static bool IsPrivate(string address) => EndpointGuard.Refusal(address, allowPrivate: false) is not null;

    /// <summary>What stands for the project of a cloud where nobody says it; a start does not mind it, the cloud does.</summary>
    public const string NoProject = "project-id-to-set";

    /// <summary>Why an address may not be called at all; null when it may.</summary>
    public static string? Refusal(string address) => EndpointGuard.Refusal(address, allowPrivate: true);

    /// <summary>A text as a part of a name.</summary>
    public static string Word(string text) => string.Concat(text.ToLowerInvariant()
        .Select(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' ? letter : '-'));

    private static string Without(string address, string end) => address.EndsWith(end, StringComparison.Ordinal) ? address[..^end.Length] : address;
}
