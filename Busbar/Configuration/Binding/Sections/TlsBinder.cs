using System.Security.Cryptography.X509Certificates;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;

namespace Busbar.Configuration.Binding.Sections;

/// <summary>
/// Reads the blocks that say how TLS is spoken, to clients and to servers that are called, and checks that their files can be used.
/// </summary>
internal static class TlsBinder
{
    /// <summary>Reads the listener's block; null when there is none.</summary>
    /// <param name="tls">The block.</param>
    /// <param name="report">Takes the problems.</param>
    /// <param name="now">The time a certificate must be valid at.</param>
    public static TlsConfig? Bind(Section tls, ConfigReport report, DateTimeOffset now)
    {
        if (!tls.IsPresent)
        {
            return null;
        }

        foreach (string key in (ReadOnlySpan<string>)["cert_file", "key_file"])
        {
            if (!tls.Has(key))
            {
                report.Error(tls.At(key), $"'{key}' is required when there is a tls block");
            }
        }

        var config = new TlsConfig { CertFile = PemFile.Named(tls, "cert_file", report), KeyFile = PemFile.Named(tls, "key_file", report) };
        if (config.CertFile.Length > 0 && config.KeyFile.Length > 0)
        {
            PairOf(tls, config.CertFile, config.KeyFile, report, now, out _)?.Dispose();
        }

        return config;
    }

    /// <summary>Reads the block of a server that is called; null when there is none.</summary>
    /// <param name="tls">The block.</param>
    /// <param name="address">Where calls go; null when that is not known.</param>
    /// <param name="report">Takes the problems.</param>
    /// <param name="now">The time a certificate must be valid at.</param>
    public static ClientTls? BindClient(Section tls, string? address, ConfigReport report, DateTimeOffset now)
    {
        if (!tls.IsPresent)
        {
            return null;
        }

        if (address?.StartsWith("http:", StringComparison.OrdinalIgnoreCase) == true)
        {
            report.Error(tls.Path, "the address is http://, where there is no TLS", "use https:// in the address, or leave tls out");
        }

        bool shows = tls.Has("cert_file") || tls.Has("key_file");
        foreach (string key in (ReadOnlySpan<string>)["cert_file", "key_file"])
        {
            if (shows && !tls.Has(key))
            {
                report.Error(tls.At(key), $"'{key}' is missing", "a certificate and its key go together: name both files or none");
            }
        }

        string certFile = PemFile.Named(tls, "cert_file", report);
        string keyFile = PemFile.Named(tls, "key_file", report);
        X509Certificate2Collection? chain = null;
        X509Certificate2? certificate = certFile.Length > 0 && keyFile.Length > 0 ? PairOf(tls, certFile, keyFile, report, now, out chain) : null;
        return new ClientTls
        {
            CaFile = tls.Text("ca_file"),
            CertFile = tls.Text("cert_file"),
            KeyFile = tls.Text("key_file"),
            ServerName = ServerName(tls, report),
            Authorities = Authorities(tls, report, now),
            Certificate = certificate,
            Chain = chain ?? [],
        };
    }

    // A name or an address that a certificate can be for.
    private static string? ServerName(Section tls, ConfigReport report)
    {
        if (tls.Filled("server_name") is not { } name)
        {
            return null;
        }

        if (Uri.CheckHostName(name) == UriHostNameType.Unknown)
        {
            report.Error(tls.At("server_name"), "not the name of a host", "write a host name without scheme, port and path");
        }

        return name;
    }

    private static X509Certificate2Collection Authorities(Section tls, ConfigReport report, DateTimeOffset now)
    {
        string path = tls.At("ca_file");
        string file = PemFile.Named(tls, "ca_file", report);
        if (file.Length == 0 || PemFile.Certificates(file, path, report) is not { } authorities)
        {
            return [];
        }

        // A bundle of many authorities always holds some that have ended.
        if (authorities.Count == 1)
        {
            PemFile.WarnOfDates(authorities[0], path, report, now);
        }

        return authorities;
    }

    private static X509Certificate2? PairOf(Section tls, string certFile, string keyFile, ConfigReport report, DateTimeOffset now,
        out X509Certificate2Collection? chain)
    {
        string path = tls.At("cert_file");
        chain = PemFile.Certificates(certFile, path, report);
        if (chain is null)
        {
            return null;
        }

        X509Certificate2? certificate = PemFile.Pair(certFile, keyFile, tls.At("key_file"), report);
        PemFile.WarnOfDates(chain[0], path, report, now);
        PemFile.WarnOfOrder(chain, path, report);
        return certificate;
    }
}
