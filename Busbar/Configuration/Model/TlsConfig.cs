namespace Busbar.Configuration.Model;

/// <summary>The <c>tls:</c> block: the listener's own certificate.</summary>
internal sealed record TlsConfig
{
    /// <summary>PEM file with the certificate and its chain.</summary>
    public required string CertFile { get; init; }

    /// <summary>PEM file with the private key.</summary>
    public required string KeyFile { get; init; }
}
