using System.Security.Cryptography;
using Busbar.Governance.Store;

namespace Busbar.Commands;

/// <summary>What <c>--version</c> prints: the version, the commit, and each library inside whose fixes need a new build.</summary>
internal static class VersionReport
{
    /// <summary>One line each, with a line break at the end.</summary>
    public static string Text => $"""
        busbar {ProductVersion.Text}
        commit {ProductVersion.Commit}
        .NET {Environment.Version}
        OpenSSL {OpenSsl(SafeEvpPKeyHandle.OpenSslVersion)}
        SQLite {SqliteLibrary.Version}

        """;

    /// <summary>Reads OpenSSL's version number, whose form is <c>0xMNN00PP0L</c> since 3.0 (OpenSSL_version_num(3)).</summary>
    public static string OpenSsl(long number) => $"{(number >> 28) & 0xF}.{(number >> 20) & 0xFF}.{(number >> 4) & 0xFF}";
}
