using Busbar.Configuration.Model;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding;

/// <summary>Reads the <c>auth:</c> block.</summary>
internal static class AuthBinder
{
    /// <summary>Reads who may call.</summary>
    public static AuthConfig Bind(Section auth, ConfigReport report)
    {
        List<Secret> tokens = [.. auth.Texts("client_tokens", secret: true).Select(token => new Secret(token))];
        if (auth.Secret("token") is { IsBlank: false } legacy)
        {
            if (auth.Has("client_tokens"))
            {
                report.Warn(auth.At("token"), "ignored, because client_tokens is given", "remove it, or move it into client_tokens");
            }
            else
            {
                tokens.Add(legacy);
            }
        }

        AuthMode mode = Mode(auth, report);
        if (mode == AuthMode.Token && tokens.Count == 0 && auth.Node("client_tokens") is not YamlList { Items.Count: > 0 })
        {
            report.Error(auth.At("client_tokens"), "mode 'token' needs at least one token, or nobody could call", "list the accepted tokens");
        }
        else if (mode == AuthMode.None && tokens.Count > 0)
        {
            report.Warn(auth.At("client_tokens"), "has no effect, because mode is 'none'", "set mode: token to require one of them");
        }

        return new AuthConfig { Mode = mode, IsExplicit = auth.Has("mode"), ClientTokens = tokens };
    }

    private static AuthMode Mode(Section auth, ConfigReport report)
    {
        switch (auth.Text("mode")?.Trim().ToLowerInvariant())
        {
            case null or "none":
                return AuthMode.None;
            case "token":
                return AuthMode.Token;
            case "passthrough":
                return AuthMode.Passthrough;
            default:
                report.Error(auth.At("mode"), "unknown mode", "use one of: token, passthrough, none");
                return AuthMode.None;
        }
    }
}
