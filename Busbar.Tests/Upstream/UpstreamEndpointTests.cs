using Busbar.Upstream;

namespace Busbar.Tests.Upstream;

public sealed class UpstreamEndpointTests
{
    [Theory]
    [InlineData("https://api.openai.com", "/v1/chat/completions", "https://api.openai.com/v1/chat/completions")]
    [InlineData("https://api.openai.com/v1", "/v1/chat/completions", "https://api.openai.com/v1/chat/completions")]
    [InlineData("https://api.z.ai/api/paas/v4", "/v1/chat/completions", "https://api.z.ai/api/paas/v4/chat/completions")]
    [InlineData("https://generativelanguage.googleapis.com/v1beta", "/v1beta/models/m:generateContent",
        "https://generativelanguage.googleapis.com/v1beta/models/m:generateContent")]
    [InlineData("https://r.openai.azure.com/openai/v1", "/v1/responses", "https://r.openai.azure.com/openai/v1/responses")]
    [InlineData("https://api.cohere.com/v2", "/v2/chat", "https://api.cohere.com/v2/chat")]
    [InlineData("https://api.deepinfra.com/v1/openai", "/v1/chat/completions", "https://api.deepinfra.com/v1/openai/v1/chat/completions")]
    [InlineData("https://v1.example.com", "/v1/messages", "https://v1.example.com/v1/messages")]
    [InlineData("https://v1", "/v1/messages", "https://v1/v1/messages")]
    [InlineData("https://host/v1", "/model/m/converse", "https://host/v1/model/m/converse")]
    [InlineData("https://host/vllm", "/v1/messages", "https://host/vllm/v1/messages")]
    public void A_version_at_the_end_of_base_url_is_not_doubled(string baseUrl, string path, string address) =>
        Assert.Equal(address, UpstreamEndpoint.Join(baseUrl, path));
}
