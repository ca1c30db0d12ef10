using System.Reflection;

namespace Busbar;

/// <summary>What this program calls itself; <c>Directory.Build.props</c> says it once.</summary>
internal static class ProductVersion
{
    private static readonly string[] Parts =
        (typeof(ProductVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0").Split('+', 2);

    /// <summary>Such as <c>1.0.0</c> or <c>1.0.0-rc.1</c>.</summary>
    public static string Text => Parts[0];

    /// <summary>The commit the sources were at, in hexadecimal; <c>unknown</c> for a build outside a repository.</summary>
    public static string Commit => Parts.Length > 1 ? Parts[1] : "unknown";
}
