using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Busbar.Configuration.Model;

namespace Busbar.Configuration.Binding;

/// <summary>Reads a block that names a certificate and its key, and checks that the two can be served.</summary>
internal static class TlsBinder
{
    /// <summary>How long before its end a certificate is worth a warning.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(14);

    /// <summary>Reads the block; null when there is none.</summary>
    /// <param name="tls">The block.</param>
    /// <param name="report">Takes the problems.</param>
    /// <param name="now">The time a certificate must be valid at.</param>
    public static TlsConfig? Bind(Section tls, ConfigReport report, DateTimeOffset now)
    {
        if (!tls.IsPresent)
        {
            return null;
        }

        var config = new TlsConfig { CertFile = PemFile(tls, "cert_file", report), KeyFile = PemFile(tls, "key_file", report) };
        if (config.CertFile.Length > 0 && config.KeyFile.Length > 0)
        {
            Check(tls, config, report, now);
        }

        return config;
    }

    // The file's name; empty when it is missing or holds no PEM text.
    private static string PemFile(Section tls, string key, ConfigReport report)
    {
        string path = tls.At(key);
        if (!tls.Has(key))
        {
            report.Error(path, $"'{key}' is required when there is a tls block");
            return "";
        }

        if (tls.Filled(key) is not { } file || ConfigFile.Read(file, path, null, report) is not { } text)
        {
            return "";
        }

        if (!text.Contains("-----BEGIN ", StringComparison.Ordinal))
        {
            report.Error(path, $"the file '{file}' holds no PEM text");
            return "";
        }

        return file;
    }

    private static void Check(Section tls, TlsConfig config, ConfigReport report, DateTimeOffset now)
    {
        var chain = new X509Certificate2Collection();
        try
        {
            chain.ImportFromPemFile(config.CertFile);
        }
        catch (CryptographicException exception)
        {
            report.Error(tls.At("cert_file"), $"the file '{config.CertFile}' holds no certificate that can be read: {exception.Message}");
            return;
        }

        try
        {
            X509Certificate2.CreateFromPemFile(config.CertFile, config.KeyFile).Dispose();
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            report.Error(
                tls.At("key_file"),
                $"the key in '{config.KeyFile}' cannot be used with the first certificate in '{config.CertFile}': {exception.Message}",
                "give the key that the certificate was issued for, unencrypted");
        }

        foreach ((string message, string remedy) in Findings(chain, now))
        {
            report.Warn(tls.At("cert_file"), message, remedy);
        }

        foreach (X509Certificate2 certificate in chain)
        {
            certificate.Dispose();
        }
    }

    // What does not stop a start: clients will refuse the certificate, now or soon.
    private static IEnumerable<(string Message, string Remedy)> Findings(X509Certificate2Collection chain, DateTimeOffset now)
    {
        DateTimeOffset ends = chain[0].NotAfter;
        if (now > ends)
        {
            yield return ($"the certificate expired on {ends:yyyy-MM-dd}", "renew it, then reload");
        }
        else if (now > ends - Notice)
        {
            yield return ($"the certificate expires on {ends:yyyy-MM-dd}, in {(ends - now).Days} days", "renew it, then reload");
        }

        if (now < chain[0].NotBefore)
        {
            yield return ($"the certificate is not valid before {chain[0].NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC", "check this machine's clock");
        }

        for (int index = 1; index < chain.Count; index++)
        {
            if (!chain[index - 1].IssuerName.RawData.AsSpan().SequenceEqual(chain[index].SubjectName.RawData))
            {
                yield return (
                    $"certificate {index + 1} of the file ({chain[index].Subject}) did not issue certificate {index} ({chain[index - 1].Subject})",
                    "put the server's certificate first, then each issuer below the one it issued");
                yield break;
            }
        }
    }
}
