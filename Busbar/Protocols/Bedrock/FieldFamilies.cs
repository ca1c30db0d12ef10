namespace Busbar.Protocols.Bedrock;

/// <summary>Finds the <see cref="FieldFamily"/> of a model id.</summary>
internal static class FieldFamilies
{
    private static readonly string[] Others =
        ["llama", "deepseek", "qwen", "titan", "jamba", "command", "cohere.", "minimax", "zai.", "glm", "kimi", "moonshot", "gemma", "nvidia",
            "writer.", "palmyra"];

    /// <summary>The family of <paramref name="wireModel"/>, an id, a profile or an ARN.</summary>
    public static FieldFamily Of(string wireModel)
    {
        if (Has(wireModel, "claude") || Has(wireModel, "anthropic."))
        {
            return FieldFamily.Claude;
        }

        if (Has(wireModel, "nova-"))
        {
            return FieldFamily.Nova;
        }

        if (Has(wireModel, "gpt-"))
        {
            return FieldFamily.OpenAI;
        }

        if (Has(wireModel, "mistral") || Has(wireModel, "mixtral") || Has(wireModel, "pixtral") || Has(wireModel, "magistral"))
        {
            return FieldFamily.Mistral;
        }

        foreach (string other in Others)
        {
            if (Has(wireModel, other))
            {
                return FieldFamily.Other;
            }
        }

        return FieldFamily.Claude;
    }

    private static bool Has(string model, string part) => model.Contains(part, StringComparison.OrdinalIgnoreCase);
}
