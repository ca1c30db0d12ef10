using Busbar.Configuration;

namespace Busbar.Import.LiteLlm;

/// <summary>A value of a LiteLLM configuration that may stand in a variable: <c>os.environ/NAME</c>.</summary>
internal static class SecretReference
{
    private const string Prefix = "os.environ/";

    /// <summary>The variable that <paramref name="value"/> names; null when it is a value itself.</summary>
    public static string? Variable(string value) => value.StartsWith(Prefix, StringComparison.Ordinal) ? value[Prefix.Length..].Trim() : null;

    /// <summary>What <paramref name="value"/> is or names; null when the variable is not set.</summary>
    public static string? Resolve(string value, ImportPlan plan) => Variable(value) is { } name ? plan.Variable(name) : value;
}
