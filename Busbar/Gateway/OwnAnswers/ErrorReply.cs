using System.Globalization;
using Busbar.Gateway.Relay;
using Busbar.Gateway.Server;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.OwnAnswers;

/// <summary>Answers a request with an error in the client's own protocol.</summary>
internal static class ErrorReply
{
    /// <summary>
    /// Writes status, headers and envelope. <paramref name="retryAfterSeconds"/> is sent when positive; <paramref name="mayRetry"/> false tells
    /// SDKs that a retry cannot help.
    /// </summary>
    public static async ValueTask WriteAsync(Exchange exchange, GatewayError error, int retryAfterSeconds = 0, bool mayRetry = true)
    {
        await exchange.Early.EndAsync().ConfigureAwait(false);
        using var body = new PooledBuffer(512);
        if (exchange.Early.IsOpen)
        {
            // The status has gone; what is left is the protocol's word for an error in a stream.
            using IStreamWriter writer = exchange.Ingress.NewStreamWriter(EarlyAnswer.ContextOf(exchange));
            writer.WriteError(error, body);
            exchange.Outcome = OutcomeOf(exchange.Ingress.StatusOf(error));
            exchange.Reason ??= Observability.Metrics.Metrics.LabelOf(error.Kind);
            await ClientOutput.WriteAsync(exchange, body.Memory).ConfigureAwait(false);
            return;
        }

        exchange.Ingress.WriteError(error, exchange.RequestId, new JsonWriter(body));
        exchange.Status = exchange.Ingress.StatusOf(error);
        var headers = exchange.ResponseHeaders;
        headers.ContentType = "application/json";
        headers.ContentLength = body.Length;
        if (exchange.Ingress.RequestIdHeader is { } idHeader)
        {
            headers[idHeader] = exchange.RequestId;
        }

        if (exchange.Ingress.ErrorTypeHeader is { } typeHeader && exchange.Ingress.ErrorType(error) is { } type)
        {
            headers[typeHeader] = type;
        }

        if (retryAfterSeconds > 0)
        {
            headers.RetryAfter = retryAfterSeconds.ToString(CultureInfo.InvariantCulture);
        }

        // Another try with the same credential ends as this one.
        if (!mayRetry || error.Kind == ErrorKind.Authentication)
        {
            headers["x-should-retry"] = "false";
        }

        exchange.Outcome = OutcomeOf(exchange.Status);
        exchange.Reason ??= Observability.Metrics.Metrics.LabelOf(error.Kind);
        exchange.MarkHeaders();
        await ClientOutput.WriteAsync(exchange, body.Memory).ConfigureAwait(false);
    }

    private static Observability.Metrics.Outcome OutcomeOf(int status) => status switch
    {
        503 => Observability.Metrics.Outcome.Exhausted,
        >= 400 and < 500 => Observability.Metrics.Outcome.ClientError,
        _ => Observability.Metrics.Outcome.Error,
    };
}
