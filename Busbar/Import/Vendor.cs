namespace Busbar.Import;

/// <summary>A vendor by the words that other gateways have for it.</summary>
/// <param name="Provider">Name of the provider here: a row of the catalog unless <paramref name="BaseUrl"/> is given.</param>
/// <param name="Variable">The variable that holds its key where nobody says another.</param>
/// <param name="BaseUrl">Its address where the catalog has none; empty for a server of one's own, whose address must be given.</param>
/// <param name="Path">Its path where that is not the protocol's.</param>
internal sealed record Vendor(string Provider, string Variable, string? BaseUrl = null, string? Path = null)
{
    private static readonly Dictionary<string, Vendor> Words = new(StringComparer.OrdinalIgnoreCase)
    {
        ["openai"] = new("openai", "OPENAI_API_KEY"),
        ["anthropic"] = new("anthropic", "ANTHROPIC_API_KEY"),
        ["gemini"] = new("gemini", "GEMINI_API_KEY"),
        ["google"] = new("gemini", "GEMINI_API_KEY"),
        ["cohere"] = new("cohere", "COHERE_API_KEY"),
        ["cohere-chat"] = new("cohere", "COHERE_API_KEY"),
        ["azure"] = new("azure", "AZURE_API_KEY", ""),
        ["azure-openai"] = new("azure", "AZURE_API_KEY", ""),
        ["azure-ai"] = new("azure-ai", "AZURE_AI_API_KEY", ""),
        ["bedrock"] = new("bedrock", "AWS_BEARER_TOKEN_BEDROCK"),
        ["vertex-ai"] = new("vertex", "VERTEX_ACCESS_TOKEN", ""),
        ["vertex-ai-beta"] = new("vertex", "VERTEX_ACCESS_TOKEN", ""),
        ["vertex"] = new("vertex", "VERTEX_ACCESS_TOKEN", ""),
        ["groq"] = new("groq", "GROQ_API_KEY"),
        ["mistral"] = new("mistral", "MISTRAL_API_KEY"),
        ["mistral-ai"] = new("mistral", "MISTRAL_API_KEY"),
        ["deepseek"] = new("deepseek", "DEEPSEEK_API_KEY"),
        ["xai"] = new("xai", "XAI_API_KEY"),
        ["x-ai"] = new("xai", "XAI_API_KEY"),
        ["openrouter"] = new("openrouter", "OPENROUTER_API_KEY"),
        ["together-ai"] = new("together", "TOGETHERAI_API_KEY"),
        ["together"] = new("together", "TOGETHER_API_KEY"),
        ["fireworks-ai"] = new("fireworks", "FIREWORKS_AI_API_KEY"),
        ["fireworks"] = new("fireworks", "FIREWORKS_API_KEY"),
        ["cerebras"] = new("cerebras", "CEREBRAS_API_KEY"),
        ["deepinfra"] = new("deepinfra", "DEEPINFRA_API_KEY"),
        ["moonshot"] = new("moonshot", "MOONSHOT_API_KEY"),
        ["meta-llama"] = new("meta-llama", "LLAMA_API_KEY"),
        ["nvidia-nim"] = new("nvidia-nim", "NVIDIA_NIM_API_KEY"),
        ["sambanova"] = new("sambanova", "SAMBANOVA_API_KEY"),
        ["hyperbolic"] = new("hyperbolic", "HYPERBOLIC_API_KEY"),
        ["novita"] = new("novita", "NOVITA_API_KEY"),
        ["novita-ai"] = new("novita", "NOVITA_API_KEY"),
        ["nebius"] = new("nebius", "NEBIUS_API_KEY"),
        ["lambda-ai"] = new("lambda", "LAMBDA_API_KEY"),
        ["featherless-ai"] = new("featherless", "FEATHERLESS_AI_API_KEY"),
        ["friendliai"] = new("friendliai", "FRIENDLI_TOKEN"),
        ["nscale"] = new("nscale", "NSCALE_API_KEY"),
        ["baseten"] = new("baseten", "BASETEN_API_KEY"),
        ["dashscope"] = new("dashscope", "DASHSCOPE_API_KEY"),
        ["minimax"] = new("minimax", "MINIMAX_API_KEY"),
        ["wandb"] = new("wandb", "WANDB_API_KEY"),
        ["zai"] = new("zai-api", "ZAI_API_KEY"),
        ["github"] = new("github", "GITHUB_API_KEY", "https://models.github.ai/inference", "/chat/completions"),
        ["codestral"] = new("codestral", "CODESTRAL_API_KEY", "https://codestral.mistral.ai"),
        ["volcengine"] = new("volcengine", "VOLCENGINE_API_KEY", "https://ark.cn-beijing.volces.com/api/v3", "/chat/completions"),
        ["huggingface"] = new("huggingface", "HF_TOKEN", "https://router.huggingface.co"),
        ["perplexity"] = new("perplexity", "PERPLEXITYAI_API_KEY", "https://api.perplexity.ai", "/chat/completions"),
        ["perplexity-ai"] = new("perplexity", "PERPLEXITYAI_API_KEY", "https://api.perplexity.ai", "/chat/completions"),
        ["ollama"] = new("ollama", "OLLAMA_API_KEY", "http://127.0.0.1:11434"),
        ["ollama-chat"] = new("ollama", "OLLAMA_API_KEY", "http://127.0.0.1:11434"),
        ["hosted-vllm"] = new("vllm", "HOSTED_VLLM_API_KEY", ""),
        ["vllm"] = new("vllm", "VLLM_API_KEY", ""),
        ["sgl"] = new("sglang", "SGLANG_API_KEY", ""),
        ["lm-studio"] = new("lm-studio", "LM_STUDIO_API_KEY", ""),
        ["llamafile"] = new("llamafile", "LLAMAFILE_API_KEY", "http://127.0.0.1:8080"),
        ["xinference"] = new("xinference", "XINFERENCE_API_KEY", ""),
        ["databricks"] = new("databricks", "DATABRICKS_API_KEY", ""),
        ["openai-like"] = new("openai-like", "OPENAI_LIKE_API_KEY", ""),
        ["custom-openai"] = new("openai-like", "OPENAI_API_KEY", ""),
        ["litellm-proxy"] = new("litellm", "LITELLM_PROXY_API_KEY", ""),
    };

    /// <summary>The vendor that <paramref name="word"/> stands for, written with hyphens or underscores; null when nobody here knows it.</summary>
    public static Vendor? Of(string word) => Words.GetValueOrDefault(word.Replace('_', '-'));
}
