using System.Security.Cryptography.X509Certificates;

namespace Busbar.Configuration.Model.Providers;

/// <summary>How TLS is spoken to a server that is called, as its files stood when the configuration was read.</summary>
internal sealed class ClientTls
{
    /// <summary>PEM file with the authorities to trust; null for the machine's.</summary>
    public string? CaFile { get; init; }

    /// <summary>PEM file with the certificate to show, and its chain; null for none.</summary>
    public string? CertFile { get; init; }

    /// <summary>PEM file with the key of that certificate; null for none.</summary>
    public string? KeyFile { get; init; }

    /// <summary>Name to ask for and to find in the server's certificate; null for the host of the address.</summary>
    public string? ServerName { get; init; }

    /// <summary>The authorities in <see cref="CaFile"/>; empty for the machine's.</summary>
    public X509Certificate2Collection Authorities { get; init; } = [];

    /// <summary>The certificate to show, with its key; null for none.</summary>
    public X509Certificate2? Certificate { get; init; }

    /// <summary>All certificates in <see cref="CertFile"/>.</summary>
    public X509Certificate2Collection Chain { get; init; } = [];

    /// <summary>Whether <paramref name="other"/> trusts and shows the same.</summary>
    public bool Same(ClientTls? other) =>
        ServerName == other?.ServerName
        && Certificate?.Thumbprint == other?.Certificate?.Thumbprint
        && Authorities.Select(static authority => authority.Thumbprint)
            .SequenceEqual(other!.Authorities.Select(static authority => authority.Thumbprint));
}
