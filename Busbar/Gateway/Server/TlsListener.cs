using System.IO.Pipelines;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Busbar.Configuration.Model;
using Busbar.Gateway.Attempts;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Busbar.Gateway.Server;

/// <summary>TLS on the listener, with HTTP/2 and HTTP/1.1 by ALPN. Stands in for Kestrel's own, which needs a service container.</summary>
internal sealed class TlsListener
{
    private volatile SslServerAuthenticationOptions _options;

    /// <summary>Loads certificate and key from PEM files; throws what the loader throws when they are unreadable or do not match.</summary>
    public TlsListener(TlsConfig files) => _options = Load(files);

    /// <summary>Longest time of a handshake.</summary>
    public TimeSpan HandshakeLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>When the certificate ends.</summary>
    public DateTimeOffset Expires => _options.ServerCertificateContext!.TargetCertificate.NotAfter;

    /// <summary>
    /// Serves what stands in <paramref name="files"/> now to connections that come from here on. Throws as the constructor does; the certificate in
    /// force then stays.
    /// </summary>
    public void Reload(TlsConfig files) => _options = Load(files);

    private static SslServerAuthenticationOptions Load(TlsConfig files)
    {
        var certificates = new X509Certificate2Collection();
        certificates.ImportFromPemFile(files.CertFile);
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(
                X509Certificate2.CreateFromPemFile(files.CertFile, files.KeyFile), certificates),
            ApplicationProtocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
        };
    }

    /// <summary>Performs the handshake before <paramref name="next"/> gets the connection.</summary>
    public ConnectionDelegate Middleware(ConnectionDelegate next) => connection => RunAsync(next, connection);

    private async Task RunAsync(ConnectionDelegate next, ConnectionContext connection)
    {
        IDuplexPipe plain = connection.Transport;
        var stream = new SslStream(new DuplexStream(plain.Input.AsStream(leaveOpen: true), plain.Output.AsStream(leaveOpen: true)));
        await using (stream.ConfigureAwait(false))
        {
            try
            {
                using var limit = new CancellationTokenSource(HandshakeLimit);
                await stream.AuthenticateAsServerAsync(_options, limit.Token).ConfigureAwait(false);
            }
            catch (Exception exception) when (UpstreamErrors.IsFailure(exception))
            {
                connection.Abort(new ConnectionAbortedException("TLS handshake failed"));
                return;
            }

            var secured = new SecuredConnection(stream);
            connection.Features.Set<ITlsApplicationProtocolFeature>(secured);
            connection.Features.Set<ITlsConnectionFeature>(secured);
            connection.Transport = secured;
            try
            {
                await next(connection).ConfigureAwait(false);
            }
            finally
            {
                await secured.Input.CompleteAsync().ConfigureAwait(false);
                await secured.Output.CompleteAsync().ConfigureAwait(false);
                connection.Transport = plain;
            }
        }
    }

    private sealed class SecuredConnection(SslStream stream) : IDuplexPipe, ITlsApplicationProtocolFeature, ITlsConnectionFeature
    {
        public PipeReader Input { get; } = PipeReader.Create(stream, new StreamPipeReaderOptions(leaveOpen: true));

        public PipeWriter Output { get; } = PipeWriter.Create(stream, new StreamPipeWriterOptions(leaveOpen: true));

        public ReadOnlyMemory<byte> ApplicationProtocol => stream.NegotiatedApplicationProtocol.Protocol;

        public X509Certificate2? ClientCertificate
        {
            get => null;
            set => _ = value;
        }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult<X509Certificate2?>(null);
    }
}
