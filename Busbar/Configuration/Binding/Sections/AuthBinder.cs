using Busbar.Configuration.Binding.Keys;
using Busbar.Configuration.Model;
using Busbar.Configuration.Yaml;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>Reads the <c>auth:</c> block.</summary>
internal static class AuthBinder
{
    /// <summary>Reads who may call.</summary>
    public static AuthConfig Bind(Section auth, ConfigReport report, IEnvironment environment)
    {
        (List<Secret> tokens, List<Secret> operators) = Tokens(auth, report, environment);
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

        return new AuthConfig { Mode = mode, IsExplicit = auth.Has("mode"), ClientTokens = tokens, OperatorTokens = operators, Jwt =
            JwtBinder.Bind(auth, report, environment) };
    }

    private static (List<Secret> All, List<Secret> Operators) Tokens(Section auth, ConfigReport report, IEnvironment environment)
    {
        List<Secret> tokens = [];
        List<Secret> operators = [];

        // A single value where the list belongs is as secret as an item.
        report.Conceal(auth.At("client_tokens"));
        foreach ((string path, YamlNode node) in auth.Items("client_tokens"))
        {
            report.Conceal(path);
            string? text = null;
            bool isOperator = false;

            // A mapping of any other names is a token with a colon in it, and not shown.
            if (node is YamlMap map && map.Entries.All(entry => Nearest.To(entry.Key.Value, ConfigKeys.ClientToken.Keys) is not null))
            {
                Section block = new(node, path, ConfigKeys.ClientToken, report, environment);
                text = block.Secret("token")?.Reveal() ?? "";
                report.Conceal(block.At("operator"));
                isOperator = block.Switch("operator") ?? false;
            }
            else if (node is YamlText { IsNull: true })
            {
                text = "";
            }
            else if (node is YamlText)
            {
                text = auth.Text(node, path);
            }
            else
            {
                // What stands there may be a token with a mistake around it, so it is not shown.
                report.Error(path, node.Location, "expected a token", "write the token alone, or { token: ..., operator: true }");
            }

            if (text is not null && string.IsNullOrWhiteSpace(text))
            {
                report.Error(path, "must not be blank");
            }
            else if (text is not null)
            {
                tokens.Add(new Secret(text));
                operators.AddRange(isOperator ? [tokens[^1]] : []);
            }
        }

        return (tokens, operators);
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
