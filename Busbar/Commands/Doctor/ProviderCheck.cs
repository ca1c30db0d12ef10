using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Upstream;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.Dial;
using Busbar.Upstream.Tls;
using Busbar.Wire;

namespace Busbar.Commands.Doctor;

/// <summary>Looks at one provider as its calls would: name, address, certificate, and its keys by a list of models, which costs nothing.</summary>
internal sealed class ProviderCheck(ProviderConfig provider, TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan CertificateWarning = TimeSpan.FromDays(7);

    private X509Certificate2? _certificate;

    /// <summary>How far the provider's clock is ahead of this machine's; null where it was not told.</summary>
    public TimeSpan? Ahead { get; private set; }

    /// <summary>Looks.</summary>
    public async Task<IReadOnlyList<Finding>> RunAsync()
    {
        string subject = $"providers.{provider.Name}";
        var address = new Uri(provider.BaseUrl);
        List<Finding> findings = [];
        if (provider.ApiKeys.Any(key => key.IsBlank))
        {
            string place = provider.ApiKeyFile is { } file ? $"the file {file} is empty"
                : $"a variable of api_key_env ({string.Join(", ", provider.ApiKeyEnv)}) is not set";
            findings.Add(
                new Finding(Grade.Bad, subject,
                $"{place}: calls go out without a key. Set it; under systemd in /etc/busbar/environment, and look with --env-file"));
        }

        using var handler = VettedDial.NewHandler(
            address.Scheme == Uri.UriSchemeHttp ? AddressGuard.IsBlockedInClear : one => AddressGuard.IsBlocked(one, provider.AllowPrivateNetwork),
            "its host resolves only to addresses that must not be called; set allow_private_network: true if that is meant",
            provider.Proxy);
        SslClientAuthenticationOptions options = TlsNegotiation.With(address.IdnHost, provider.Tls, SslApplicationProtocol.Http11);
        options.RemoteCertificateValidationCallback = (_, shown, _, errors) =>
        {
            _certificate = shown is null ? null : X509CertificateLoader.LoadCertificate(shown.GetRawCertData());
            return errors == SslPolicyErrors.None;
        };
        handler.SslOptions = options;
        using var client = new HttpClient(handler) { Timeout = Patience, MaxResponseContentBufferSize = 4 * 1024 * 1024 };
        IReadOnlyList<Secret> keys = provider.ApiKeys.Count > 0 ? provider.ApiKeys : [new Secret("")];
        for (int index = 0; index < keys.Count; index++)
        {
            findings.Add(await AskAsync(client, address, keys[index], keys.Count > 1 ? $"{subject}, key {index + 1}" : subject)
                .ConfigureAwait(false));
        }

        if (_certificate is { } certificate)
        {
            TimeSpan left = certificate.NotAfter.ToUniversalTime() - time.GetUtcNow().UtcDateTime;
            if (left < CertificateWarning)
            {
                findings.Add(new Finding(Grade.Doubtful, subject,
                    $"the certificate of {address.Host} ends on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}: its owner must renew it"));
            }

            certificate.Dispose();
        }

        return findings;
    }

    private async Task<Finding> AskAsync(HttpClient client, Uri address, Secret key, string subject)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, ModelList() ?? new Uri(provider.BaseUrl));
        bool isKnown = ModelList() is not null && !key.IsBlank && provider.Identity is null;
        if (isKnown)
        {
            var call = new UpstreamRequest(request.RequestUri!, new SplicedBody(ReadOnlyMemory<byte>.Empty));
            new Credential(provider, key).Apply(call, default(CallerCredential), time.GetUtcNow());
            if (ProtocolTable.Get(provider.Protocol).VersionHeader is { } version)
            {
                call.TrySet(version, provider.AnthropicVersion ?? "2023-06-01");
            }

            foreach (KeyValuePair<string, string> header in call.Headers)
            {
                request.Headers.TryAddWithoutValidation(header.Key, header.Value);
            }
        }

        long start = time.GetTimestamp();
        try
        {
            using HttpResponseMessage answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead).ConfigureAwait(false);
            string reached =
                $"{address.Authority} answers in {time.GetElapsedTime(start).TotalMilliseconds:0} " +
                $"ms{(_certificate is null ? "" : $", certificate until {_certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}")}";
            Ahead ??= answer.Headers.Date - time.GetUtcNow();
            return answer.StatusCode switch
            {
                HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden when isKnown
                    => new Finding(
                    Grade.Bad, subject, $"{reached}; it refuses the key ({(int)answer.StatusCode}): put in a valid one, then busbar lanes reset"),
                >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices when isKnown
                    => new Finding(Grade.Good, subject, $"{reached}; it accepts the key"),
                _ => new Finding(Grade.Good, subject, $"{reached}; whether it accepts the key only a request shows"),
            };
        }
        catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException or SocketException or IOException
            or AddressBlockedException or ProxyException)
        {
            return new Finding(Grade.Bad, subject, Explain(problem, address));
        }
    }

    private string Explain(Exception problem, Uri address)
    {
        Exception cause = problem;
        while (cause.InnerException is { } inner && cause is not (
            AuthenticationException or SocketException or AddressBlockedException or ProxyException))
        {
            cause = inner;
        }

        return cause switch
        {
            AddressBlockedException => cause.Message,
            ProxyException => $"the proxy gives no way to {address.Host}: {cause.Message}",
            AuthenticationException
                => $"TLS with {address.Host} fails: {cause.Message} An authority of your own goes into tls.ca_file of the provider; the machine's " +
                "are found by SSL_CERT_FILE",
            SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }
                => $"the name {address.Host} does not resolve: look at base_url and /etc/resolv.conf",
            SocketException socket
                => $"no connection with {address.Authority} ({socket.SocketErrorCode}): look at base_url, firewalls and HTTPS_PROXY",
            OperationCanceledException => $"no answer from {address.Authority} within {Patience.TotalSeconds:0} s: look at firewalls and HTTPS_PROXY",
            _ => $"no answer from {address.Authority}: {cause.Message}",
        };
    }

    // Null where a list of models is not at a known place.
    private Uri? ModelList()
    {
        if (provider.Platform != Platform.None || provider.Path is not null || ProtocolTable.Get(provider.Protocol).ModelsPath is not { } path)
        {
            return null;
        }

        // Addresses often end in the first part of the path.
        string root = provider.BaseUrl;
        const string Version = "/v1";
        return new Uri(root + (root.EndsWith(Version, StringComparison.Ordinal) && path.StartsWith(Version + "/", StringComparison.Ordinal)
            ? path[Version.Length..] : path));
    }
}
