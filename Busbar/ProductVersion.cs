using System.Reflection;

namespace Busbar;

/// <summary>The version of this build.</summary>
internal static class ProductVersion
{
    /// <summary>Such as <c>0.1.0</c>.</summary>
    public static string Text { get; } =
        typeof(ProductVersion).Assembly.GetName().Version is { } version ? version.ToString(3) : "0.0.0";

    /// <summary>The commit the sources were at, in hexadecimal; <c>unknown</c> for a build outside a repository.</summary>
    public static string Commit { get; } =
        typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion is { } text && text.IndexOf('+') is > 0 and int plus
            ? text[(plus + 1)..]
            : "unknown";
}
