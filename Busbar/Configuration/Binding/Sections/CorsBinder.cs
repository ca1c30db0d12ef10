using Busbar.Configuration.Model;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads the <c>cors:</c> block.</summary>
internal static class CorsBinder
{
    /// <summary>Reads the origins; each must be <c>*</c> or look as browsers send it.</summary>
    public static CorsConfig Bind(Section cors, ConfigReport report)
    {
        List<string> origins = [];
        foreach ((string path, YamlNode node) in cors.Items("allowed_origins"))
        {
            if (cors.Text(node, path) is not { } origin)
            {
                continue;
            }

            if (origin != "*" && !IsOrigin(origin))
            {
                report.Error(
                    path, "not an origin",
                "write scheme, host and port as a browser sends them, such as https://app.example.com, without a path; or *");
            }

            origins.Add(origin);
        }

        return new CorsConfig { AllowedOrigins = origins };
    }

    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) && uri.Scheme is "http" or "https" or "vscode-webview" or "chrome-extension"
            or "moz-extension" or "tauri" or "app"
        && !text.EndsWith('/') && text.IndexOf('/', text.IndexOf("://", StringComparison.Ordinal) + 3) < 0 && !text.Contains('@');
}
