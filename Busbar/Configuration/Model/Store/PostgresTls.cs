namespace Busbar.Configuration.Model.Store;

/// <summary>Whether a connection to PostgreSQL is encrypted, as the server's own tools call it (<c>sslmode</c>).</summary>
internal enum PostgresTls : byte
{
    /// <summary>Never.</summary>
    Disable,

    /// <summary>Where the server offers it.</summary>
    Prefer,

    /// <summary>Always, whoever the server is.</summary>
    Require,

    /// <summary>Always, with a certificate of a known authority.</summary>
    VerifyCa,

    /// <summary>Always, with a certificate of a known authority for the host.</summary>
    VerifyFull,
}
