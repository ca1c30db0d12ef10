using Busbar.Gateway.Attempts;
using Busbar.Gateway.Server;
using Busbar.Protocols.Translation.Response;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway.OwnAnswers;

/// <summary>
/// What a provider of the client's own protocol said in an attempt that failed. When no other lane can do better, the client gets it as it was: a
/// refusal in the vendor's own words, or a stream up to and including its error.
/// </summary>
internal sealed class NativeAnswer
{
    private readonly int _status;
    private readonly string? _contentType;
    private readonly HeaderDictionary _headers = new();
    private readonly byte[] _body;
    private readonly Observability.Metrics.Outcome _outcome;
    private readonly string _lane;

    /// <summary>Keeps a copy of <paramref name="body"/>, and of the headers that may pass.</summary>
    public NativeAnswer(Attempt attempt, ReadOnlySpan<byte> body, Observability.Metrics.Outcome outcome)
    {
        _status = attempt.Response.Status;
        _contentType = HeaderPolicy.ContentTypeOf(attempt.Response.Head);
        HeaderPolicy.CopyResponse(attempt.Response.Head, _headers);
        _body = body.ToArray();
        _outcome = outcome;
        _lane = attempt.Lease.Lane.Name;
    }

    /// <summary>Answers with it.</summary>
    public async ValueTask WriteAsync(Exchange exchange)
    {
        await exchange.Early.EndAsync().ConfigureAwait(false);
        if (exchange.Early.IsOpen)
        {
            await WriteInStreamAsync(exchange).ConfigureAwait(false);
            return;
        }

        exchange.Status = _status;
        foreach ((string name, var value) in _headers)
        {
            exchange.ResponseHeaders[name] = value;
        }

        HeaderPolicy.NameRequest(exchange);
        exchange.ResponseHeaders.ContentType = _contentType;
        exchange.ResponseHeaders.ContentLength = _body.Length;
        exchange.Outcome = _outcome;
        exchange.ServedBy = _lane;
        exchange.MarkHeaders(_lane);
        await ClientOutput.WriteAsync(exchange, _body).ConfigureAwait(false);
    }

    // The head of a stream has gone: another stream goes on behind it as it is, anything else is told as an error within.
    private async ValueTask WriteInStreamAsync(Exchange exchange)
    {
        exchange.ServedBy = _lane;
        if (_contentType?.StartsWith(exchange.StreamContentType, StringComparison.OrdinalIgnoreCase) == true)
        {
            exchange.Outcome = _outcome;
            exchange.MarkHeaders(_lane);
            await ClientOutput.WriteAsync(exchange, _body).ConfigureAwait(false);
            return;
        }

        await ErrorReply.WriteAsync(exchange, ErrorMapping.Relay(_status, exchange.Ingress.ReadError(_status, _body), isClientCredential: false))
            .ConfigureAwait(false);
        exchange.Outcome = _outcome;
    }
}
