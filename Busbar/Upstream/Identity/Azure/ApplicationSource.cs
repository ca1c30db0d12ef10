using System.Buffers.Text;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Busbar.Upstream.Identity.Azure;

/// <summary>
/// An application of Microsoft Entra that proves itself with a secret or a certificate (client credentials, Microsoft identity platform).
/// </summary>
internal sealed class ApplicationSource(AzureSettings settings, CredentialCalls calls, TimeProvider time) : ICredentialSource
{
    /// <summary>How an assertion is named in the form.</summary>
    public const string AssertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

    private static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        string? secret = settings.Variable(settings.Identity.ClientSecretEnv ?? "AZURE_CLIENT_SECRET");
        string? certificate = settings.Identity.CertificateFile ?? settings.Variable("AZURE_CLIENT_CERTIFICATE_PATH");
        bool isMeant = settings.Identity.ClientSecretEnv is not null || settings.Identity.CertificateFile is not null;
        if (settings.TenantId is not { } tenant || settings.ClientId is not { } client || (secret is null && certificate is null))
        {
            return !isMeant ? null
                : throw new IdentityException(secret is null && certificate is null
                    ? $"the variable {settings.Identity.ClientSecretEnv} holds no client secret"
                    : "the application's tenant_id or client_id is not known");
        }

        Uri address = settings.TokenAddress(tenant);
        bool usesSecret = secret is not null && settings.Identity.CertificateFile is null;
        HttpRequestMessage request = usesSecret
            ? TokenForm.Request(address, ("client_id", client), ("client_secret", secret!), ("scope", settings.Scope),
                ("grant_type", "client_credentials"))
            : TokenForm.Request(
                address,
                ("client_id", client),
                ("client_assertion_type", AssertionType),
                ("client_assertion", Assertion(certificate!, client, address)),
                ("scope", settings.Scope),
                ("grant_type", "client_credentials"));
        string what = $"the application {client} gets no token";
        return TokenForm.Read(await calls.CallAsync(what, request, cancellation).ConfigureAwait(false), $"application {client}", what, time);
    }

    // learn.microsoft.com/entra/identity-platform/certificate-credentials
    private string Assertion(string file, string client, Uri address)
    {
        string pem = CredentialFile.Read(file, "the certificate file");
        try
        {
            using X509Certificate2 certificate = X509Certificate2.CreateFromPem(pem, pem);
            using RSA key = certificate.GetRSAPrivateKey() ?? throw new IdentityException($"the certificate file {file} holds no private RSA key");
            DateTimeOffset now = time.GetUtcNow();
            string print = Base64Url.EncodeToString(certificate.GetCertHash(HashAlgorithmName.SHA256));
            return SignedToken.Write(key, "PS256", [("x5t#S256", print)],
            [
                ("aud", address.OriginalString), ("iss", client), ("sub", client), ("jti", Guid.NewGuid().ToString()),
                ("nbf", now.ToUnixTimeSeconds()), ("iat", now.ToUnixTimeSeconds()), ("exp", (now + Life).ToUnixTimeSeconds()),
            ]);
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            throw new IdentityException($"the certificate file {file} does not hold a certificate and its private key in PEM form");
        }
    }
}
