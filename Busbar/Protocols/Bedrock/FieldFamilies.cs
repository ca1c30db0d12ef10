namespace Busbar.Protocols.Bedrock;

/// <summary>Finds the <see cref="ModelDialect"/> of a model id.</summary>
internal static class ModelDialects
{
    private static readonly string[] Others =
        ["llama", "deepseek", "qwen", "titan", "jamba", "command", "cohere.", "minimax", "zai.", "glm", "kimi", "moonshot", "gemma", "nvidia", "writer.", "palmyra"];

    /// <summary>The dialect of <paramref name="wireModel"/>, an id, a profile or an ARN.</summary>
    public static ModelDialect Of(string wireModel)
    {
        if (Has(wireModel, "claude") || Has(wireModel, "anthropic."))
        {
            return ModelDialect.Claude;
        }

        if (Has(wireModel, "nova-"))
        {
            return ModelDialect.Nova;
        }

        if (Has(wireModel, "gpt-"))
        {
            return ModelDialect.OpenAI;
        }

        if (Has(wireModel, "mistral") || Has(wireModel, "mixtral") || Has(wireModel, "pixtral") || Has(wireModel, "magistral"))
        {
            return ModelDialect.Mistral;
        }

        foreach (string other in Others)
        {
            if (Has(wireModel, other))
            {
                return ModelDialect.Other;
            }
        }

        return ModelDialect.Claude;
    }

    private static bool Has(string model, string part) => model.Contains(part, StringComparison.OrdinalIgnoreCase);
}
