using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Busbar.Configuration.Binding;

/// <summary>Reads certificates and keys from PEM files, and says what is wrong with them.</summary>
internal static class PemFile
{
    /// <summary>How long before its end a certificate is worth a warning.</summary>
    public static readonly TimeSpan Notice = TimeSpan.FromDays(14);

    /// <summary>Name of a file of PEM text that <paramref name="key"/> gives; empty after reporting why there is none.</summary>
    public static string Named(Section block, string key, ConfigReport report)
    {
        string path = block.At(key);
        if (block.Filled(key) is not { } file || ConfigFile.Read(file, path, null, report) is not { } text)
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

    /// <summary>The certificates of a file, one at least; null after reporting that there is none.</summary>
    public static X509Certificate2Collection? Certificates(string file, string path, ConfigReport report)
    {
        var certificates = new X509Certificate2Collection();
        string reason = "it has no CERTIFICATE block";
        try
        {
            certificates.ImportFromPemFile(file);
        }
        catch (Exception exception) when (exception is CryptographicException or IOException or UnauthorizedAccessException)
        {
            reason = exception.Message;
        }

        if (certificates.Count > 0)
        {
            return certificates;
        }

        report.Error(path, $"the file '{file}' holds no certificate that can be read: {reason}");
        return null;
    }

    /// <summary>The first certificate of a file, with its key; null after reporting why they do not go together.</summary>
    public static X509Certificate2? Pair(string certFile, string keyFile, string path, ConfigReport report)
    {
        try
        {
            return X509Certificate2.CreateFromPemFile(certFile, keyFile);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException or IOException or UnauthorizedAccessException)
        {
            report.Error(
                path,
                $"the key in '{keyFile}' cannot be used with the first certificate in '{certFile}': {exception.Message}",
                "give the key that the certificate was issued for, unencrypted");
            return null;
        }
    }

    /// <summary>Warns of a certificate that is not valid at <paramref name="now"/>, or soon will not be: whoever sees it will refuse it.</summary>
    public static void WarnOfDates(X509Certificate2 certificate, string path, ConfigReport report, DateTimeOffset now)
    {
        DateTimeOffset ends = certificate.NotAfter;
        if (now > ends)
        {
            report.Warn(path, $"the certificate expired on {ends:yyyy-MM-dd}", "renew it, then reload");
        }
        else if (now > ends - Notice)
        {
            report.Warn(path, $"the certificate expires on {ends:yyyy-MM-dd}, in {(ends - now).Days} days", "renew it, then reload");
        }

        if (now < certificate.NotBefore)
        {
            report.Warn(path, $"the certificate is not valid before {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm} UTC",
                "check this machine's clock");
        }
    }

    /// <summary>Warns when a certificate of the file did not issue the one above it.</summary>
    public static void WarnOfOrder(X509Certificate2Collection chain, string path, ConfigReport report)
    {
        for (int index = 1; index < chain.Count; index++)
        {
            if (!chain[index - 1].IssuerName.RawData.AsSpan().SequenceEqual(chain[index].SubjectName.RawData))
            {
                report.Warn(
                    path,
                    $"certificate {index + 1} of the file ({chain[index].Subject}) did not issue certificate {index} ({chain[index - 1].Subject})",
                    "put the server's certificate first, then each issuer below the one it issued");
                return;
            }
        }
    }
}
