using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Observability.Tracing;
using Busbar.Protocols;
using Busbar.Upstream;
using Microsoft.AspNetCore.Http;

namespace Busbar.Gateway;

/// <summary>
/// The trace of one request: a server span for it and a client span for each of its calls. Names and values are configured names, fixed words and
/// counts. A trace that is not recorded still has ids, since providers are told of it.
/// </summary>
internal sealed class RequestTrace
{
    private const int LongestState = 512;

    private readonly Tracer _tracer;
    private readonly TraceContext _context;
    private readonly ulong _parent;
    private readonly string? _state;
    private readonly long _arrived;
    private AttemptTrace? _call;

    private RequestTrace(Tracer tracer, Exchange exchange)
    {
        _tracer = tracer;
        IHeaderDictionary headers = exchange.RequestHeaders;
        if (TraceContext.TryParse(headers.TraceParent.ToString(), out TraceContext caller))
        {
            _parent = caller.SpanId;
            _context = tracer.Begin(caller);
            string state = headers.TraceState.ToString();
            _state = state.Length is > 0 and <= LongestState && !state.AsSpan().ContainsAnyExceptInRange(' ', '~') ? state : null;
        }
        else
        {
            _context = tracer.Begin(null);
        }

        _arrived = (tracer.Time.GetUtcNow() - DateTimeOffset.UnixEpoch - exchange.Elapsed).Ticks * 100;
    }

    /// <summary>Whether its spans are kept.</summary>
    public bool IsRecorded => _context.IsSampled;

    /// <summary>The trace of <paramref name="exchange"/>, below its caller's if it names one; null when nobody records traces.</summary>
    public static RequestTrace? Begin(Tracer? tracer, Exchange exchange) => tracer is null ? null : new RequestTrace(tracer, exchange);

    /// <summary>What GenAI conventions call an operation of <paramref name="protocol"/>.</summary>
    public static string OperationName(Operation operation, ProtocolId protocol) => operation switch
    {
        Operation.Chat => protocol == ProtocolId.Gemini ? "generate_content" : "chat",
        Operation.CountTokens => "count_tokens",
        _ => "embeddings",
    };

    /// <summary>Begins a call: its request names the call's own span as parent.</summary>
    public void Call(Exchange exchange, UpstreamRequest request)
    {
        TraceContext call = _context with { SpanId = _tracer.NewSpanId() };
        request.TrySet("traceparent", call.ToString());
        if (_state is not null)
        {
            request.TryAdd("tracestate", _state);
        }

        _call = IsRecorded ? new AttemptTrace(call, Now(exchange)) : null;
    }

    /// <summary>The call's whole answer has come.</summary>
    public void Answered(Attempt attempt, ReadOnlyMemory<byte> body) => _call?.Answered(attempt, body);

    /// <summary>A part of the call's stream has come.</summary>
    public void Streamed(Attempt attempt, ReadOnlyMemory<byte> arrived) => _call?.Streamed(attempt, arrived);

    /// <summary>It is known what came of the call.</summary>
    public void Judged(in AttemptResult result) => _call?.Judged(result);

    /// <summary>Records the call as a span that ends now.</summary>
    public void Ended(Attempt attempt)
    {
        if (_call is { } call)
        {
            _tracer.Finished(call.ToSpan(attempt, _context.SpanId, _state, Now(attempt.Exchange)));
            _call = null;
        }
    }

    /// <summary>Records the request.</summary>
    public void End(Exchange exchange)
    {
        if (!IsRecorded)
        {
            return;
        }

        string operation = OperationName(exchange.Route.Operation, exchange.Route.Protocol);
        var span = new Span
        {
            Name = $"{operation} {exchange.Pool?.Name ?? Metrics.Unresolved}",
            Kind = SpanKind.Server,
            Context = _context,
            Parent = _parent,
            ParentIsRemote = _parent != 0,
            State = _state,
            Start = _arrived,
            End = Now(exchange),
            HasFailed = exchange.Outcome is Outcome.Error or Outcome.Exhausted,
        };
        span.With("gen_ai.operation.name", operation)
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
        _tracer.Finished(span);
    }

    private long Now(Exchange exchange) => _arrived + (exchange.Elapsed.Ticks * 100);
}
