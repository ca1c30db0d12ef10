using System.Globalization;

namespace Busbar.Configuration.Model.Store;

/// <summary>Where a PostgreSQL database is and who asks: the parts of a <c>postgres://</c> URL. Its text shows everything but the password.</summary>
internal sealed record PostgresAddress
{
    private const int DefaultPort = 5432;

    /// <summary>Host name or address, or the directory of a socket.</summary>
    public required string Host { get; init; }

    /// <summary>Port. Default 5432.</summary>
    public int Port { get; init; } = DefaultPort;

    /// <summary>Database.</summary>
    public required string Database { get; init; }

    /// <summary>User.</summary>
    public required string User { get; init; }

    /// <summary>Password; null for none.</summary>
    public Secret? Password { get; init; }

    /// <summary>Encryption. Default <see cref="PostgresTls.Prefer"/>.</summary>
    public PostgresTls Tls { get; init; } = PostgresTls.Prefer;

    /// <summary>File with the certificate of the authority; null for those that the machine knows.</summary>
    public string? RootCertificate { get; init; }

    /// <summary>
    /// Reads <paramref name="url"/>. Null when it makes no sense; <paramref name="problem"/> then says why, without any part of it that may be
    /// secret.
    /// </summary>
    public static PostgresAddress? Parse(string url, out string problem)
    {
        if (!url.StartsWith("postgres://", StringComparison.Ordinal) && !url.StartsWith("postgresql://", StringComparison.Ordinal))
        {
            problem = "it does not begin with postgres://";
            return null;
        }

        if (!Uri.TryCreate(url.Trim(), UriKind.Absolute, out Uri? uri))
        {
            problem = "it is no URL; special characters of the password need percent-encoding, such as %40 for @ and %2F for /";
            return null;
        }

        string[] who = uri.UserInfo.Split(':', 2);
        string database = Uri.UnescapeDataString(uri.AbsolutePath.TrimStart('/'));
        var address = new PostgresAddress
        {
            Host = uri.IdnHost.Trim('[', ']'),
            Port = uri.IsDefaultPort || uri.Port <= 0 ? DefaultPort : uri.Port,
            User = Uri.UnescapeDataString(who[0]),
            Password = who is [_, { Length: > 0 } password] ? new Secret(Uri.UnescapeDataString(password)) : null,
            Database = database.Length > 0 ? database : Uri.UnescapeDataString(who[0]),
        };
        foreach (string pair in uri.Query.TrimStart('?').Split('&', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] parts = pair.Split('=', 2);
            if (address.With(parts[0], parts.Length == 2 ? Uri.UnescapeDataString(parts[1]) : "", out problem) is not { } next)
            {
                return null;
            }

            address = next;
        }

        problem = address switch
        {
            { User.Length: 0 } => "it names no user: postgres://user:password@host/database",
            { Host.Length: 0 } => "it names no host: postgres://user:password@host/database",
            _ => "",
        };
        return problem.Length == 0 ? address : null;
    }

    /// <summary>Who, where and what.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Host}:{Port}/{Database}");

    private PostgresAddress? With(string name, string value, out string problem)
    {
        problem = "";
        switch (name)
        {
            case "sslmode" when TlsOf(value) is { } tls:
                return this with { Tls = tls };
            case "sslmode":
                problem = "its sslmode must be one of: disable, prefer, require, verify-ca, verify-full";
                return null;
            case "sslrootcert" when File.Exists(value):
                return this with { RootCertificate = value };
            case "sslrootcert":
                problem = "its sslrootcert names no file";
                return null;
            case "host" when value.Length > 0:
                return this with { Host = value };
            default:
                problem = "it has a parameter that is not known here; known are host, sslmode and sslrootcert";
                return null;
        }
    }

    private static PostgresTls? TlsOf(string mode) => mode switch
    {
        "disable" => PostgresTls.Disable,
        "prefer" => PostgresTls.Prefer,
        "require" => PostgresTls.Require,
        "verify-ca" => PostgresTls.VerifyCa,
        "verify-full" => PostgresTls.VerifyFull,
        _ => null,
    };
}
