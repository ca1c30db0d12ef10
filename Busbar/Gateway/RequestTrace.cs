using System.Diagnostics;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Observability.Tracing;
using Busbar.Protocols;
using Busbar.Upstream;

namespace Busbar.Gateway;

/// <summary>
/// The trace of one request: a server span for it and a client span for each of its calls. Names and values are configured names, fixed words and
/// counts. A trace that is not recorded still has ids, since providers are told of it.
/// </summary>
internal sealed class RequestTrace
{
    private readonly Tracer _tracer;
    private readonly Activity _span;
    private readonly DateTimeOffset _arrived;

    private RequestTrace(Tracer tracer, Activity span)
    {
        _tracer = tracer;
        _span = span;
        _arrived = span.StartTimeUtc;
    }

    /// <summary>Whether its spans are kept.</summary>
    public bool IsRecorded => _span.Recorded;

    /// <summary>The trace of <paramref name="exchange"/>, below its caller's if it names one; null when nobody records traces.</summary>
    public static RequestTrace? Begin(Tracer? tracer, Exchange exchange)
    {
        if (tracer is null)
        {
            return null;
        }

        DateTimeOffset arrived = tracer.Time.GetUtcNow() - exchange.Elapsed;
        return tracer.Begin(ActivityKind.Server, Tracer.CallerOf(exchange.RequestHeaders), arrived) is { } span ? new RequestTrace(tracer, span)
            : null;
    }

    /// <summary>What GenAI conventions call an operation of <paramref name="protocol"/>.</summary>
    public static string OperationName(Operation operation, Protocol protocol) => operation switch
    {
        Operation.Chat => protocol.TelemetryChat,
        Operation.CountTokens => "count_tokens",
        Operation.Invoke => "generate_content",
        _ => "embeddings",
    };

    /// <summary>Begins a call: its request names the call's own span as parent. Null when it is not recorded.</summary>
    public AttemptTrace? Call(Exchange exchange, UpstreamRequest request)
    {
        Activity? call = IsRecorded ? _tracer.Begin(ActivityKind.Client, _span.Context, Now(exchange)) : null;
        request.TrySet("traceparent", call?.Id ?? $"00-{_span.TraceId}-{ActivitySpanId.CreateRandom()}-00");
        if (_span.TraceStateString is { Length: > 0 } state)
        {
            request.TryAdd("tracestate", state);
        }

        return call is null ? null : new AttemptTrace(call);
    }

    /// <summary>Records the call as a span that ends now.</summary>
    public void Ended(Attempt attempt)
    {
        if (attempt.Span is { } call)
        {
            _tracer.Finished(call.End(attempt), Now(attempt.Exchange));
            attempt.Span = null;
        }
    }

    /// <summary>Records the request.</summary>
    public void End(Exchange exchange)
    {
        if (!IsRecorded)
        {
            return;
        }

        string operation = OperationName(exchange.Route.Operation, exchange.Ingress);
        _span.DisplayName = $"{operation} {exchange.Pool?.Name ?? Metrics.Unresolved}";
        if (exchange.Outcome is Outcome.Error or Outcome.Exhausted)
        {
            _span.SetStatus(ActivityStatusCode.Error);
        }

        _span.With("gen_ai.operation.name", operation)
            .With("gen_ai.request.model", exchange.Pool?.Name)
            .With("http.request.method", "POST")
            .With("http.response.status_code", exchange.HeadersAt != 0 ? exchange.Status : null)
            .With("error.type", exchange.Outcome == Outcome.Ok ? null : Metrics.Outcomes[(int)exchange.Outcome])
            .With("busbar.ingress_protocol", exchange.Route.Protocol.Name())
            .With("busbar.pool", exchange.Pool?.Name ?? Metrics.Unresolved)
            .With("busbar.lane", exchange.ServedBy)
            .With("busbar.outcome", Metrics.Outcomes[(int)exchange.Outcome])
            .With("busbar.attempts", exchange.Attempts)
            .With("busbar.request_id", exchange.RequestId);
        _tracer.Finished(_span, Now(exchange));
    }

    private DateTimeOffset Now(Exchange exchange) => _arrived + exchange.Elapsed;
}
