using System.Text.Json;
using Busbar.Configuration;
using Busbar.Configuration.Binding;

namespace Busbar.Upstream.Identity;

/// <summary>Files that credentials lie in. They are read whenever one is obtained, since what they hold is renewed by others.</summary>
internal static class CredentialFile
{
    /// <summary>The text, without white space at its ends. Throws <see cref="IdentityException"/> when it cannot be read or is empty.</summary>
    public static string Read(string file, string what)
    {
        var report = new ConfigReport();
        string? text = ConfigFile.Read(file, "", null, report)?.Trim();
        return text is { Length: > 0 } ? text : throw new IdentityException($"{what} {file} cannot be read or is empty");
    }

    /// <summary>A token that goes into a header or a form. Throws as <see cref="Read"/>, and when it is no token.</summary>
    public static string ReadToken(string file, string what)
    {
        string token = Read(file, what);
        return token.AsSpan().ContainsAnyExceptInRange(' ', '~') ? throw new IdentityException($"{what} {file} does not hold a token") : token;
    }

    /// <summary>A JSON object. Throws as <see cref="Read"/>, and when it is none.</summary>
    public static JsonElement ReadJson(string file, string what)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(Read(file, what));
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                return document.RootElement.Clone();
            }
        }
        catch (JsonException)
        {
            // Said below: its message may quote the file.
        }

        throw new IdentityException($"{what} {file} is not a JSON object");
    }
}
