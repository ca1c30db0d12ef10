using System.Buffers;
using System.Security.Cryptography.X509Certificates;
using Busbar.Gateway.Attempts;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Busbar.Gateway.Server;

/// <summary>
/// Recognises the HTTP/2 connection preface (RFC 9113, 3.4) on a connection without TLS and tells Kestrel, which otherwise serves only HTTP/1.1
/// there. AWS SDKs speak HTTP/2 with prior knowledge also to plain endpoints.
/// </summary>
internal static class CleartextHttp2
{
    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n"u8;

    /// <summary>
    /// Peeks at the first bytes of every connection before <paramref name="next"/> gets it. One that says nothing is closed after
    /// <paramref name="patience"/>, since the server's own clocks begin later; one that is reset before was a probe of the port, and nothing to
    /// report.
    /// </summary>
    public static Func<ConnectionDelegate, ConnectionDelegate> Middleware(TimeSpan patience) => next => connection
        => RunAsync(next, connection, patience);

    private static async Task RunAsync(ConnectionDelegate next, ConnectionContext connection, TimeSpan patience)
    {
        try
        {
            await PeekAsync(connection, patience).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException)
        {
            return;
        }

        await next(connection).ConfigureAwait(false);
    }

    private static async ValueTask PeekAsync(ConnectionContext connection, TimeSpan patience)
    {
        var input = connection.Transport.Input;
        using var limit = new CancellationTokenSource(patience);
        while (true)
        {
            var result = await input.ReadAsync(limit.Token).ConfigureAwait(false);
            bool? isHttp2 = Decide(result.Buffer);
            if (isHttp2 is null && !result.IsCompleted)
            {
                input.AdvanceTo(result.Buffer.Start, result.Buffer.End);
                continue;
            }

            input.AdvanceTo(result.Buffer.Start);
            if (isHttp2 == true)
            {
                connection.Features.Set<ITlsApplicationProtocolFeature>(NegotiatedHttp2.Instance);
                connection.Features.Set<ITlsConnectionFeature>(NegotiatedHttp2.Instance);
            }

            return;
        }
    }

    // Null while the bytes so far could still become the preface.
    private static bool? Decide(in ReadOnlySequence<byte> buffer)
    {
        Span<byte> head = stackalloc byte[16];
        int length = (int)Math.Min(head.Length, buffer.Length);
        buffer.Slice(0, length).CopyTo(head);
        if (!head[..length].SequenceEqual(Preface[..length]))
        {
            return false;
        }

        return length == Preface.Length ? true : null;
    }

    private sealed class NegotiatedHttp2 : ITlsApplicationProtocolFeature, ITlsConnectionFeature
    {
        public static readonly NegotiatedHttp2 Instance = new();

        public ReadOnlyMemory<byte> ApplicationProtocol { get; } = "h2"u8.ToArray();

        public X509Certificate2? ClientCertificate
        {
            get => null;
            set => _ = value;
        }

        public Task<X509Certificate2?> GetClientCertificateAsync(CancellationToken cancellationToken) => Task.FromResult<X509Certificate2?>(null);
    }
}
