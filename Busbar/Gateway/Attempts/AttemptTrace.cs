using System.Diagnostics;
using System.Globalization;
using Busbar.Gateway.Relay;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Busbar.Observability.Tracing;
using Busbar.Protocols;
using Busbar.Reliability;
using Busbar.Reliability.Selection;

namespace Busbar.Gateway.Attempts;

/// <summary>One call of a recorded request, until it is a span (OpenTelemetry's conventions for GenAI clients).</summary>
internal sealed class AttemptTrace(Activity span)
{
    private string? _answeredModel;
    private AttemptEnd? _end;
    private FailoverReason _reason;
    private bool _isOutrun;

    /// <summary>A whole answer has come.</summary>
    public void Answered(Attempt attempt, ReadOnlyMemory<byte> body) => _answeredModel = ResponseModel.OfBody(attempt.Endpoint.Protocol, body);

    /// <summary>A part of a stream has come; the first ones name the model.</summary>
    public void Streamed(Attempt attempt, ReadOnlyMemory<byte> arrived) => _answeredModel ??=
        ResponseModel.OfEvents(attempt.Endpoint.Protocol, arrived);

    /// <summary>It is known what came of it. Not said of a call that ended with its client gone.</summary>
    public void Judged(AttemptResult result) => (_end, _reason) = (result.End, result.Reason);

    /// <summary>Another call of the same request was faster, and this one was given up.</summary>
    public void Outrun() => _isOutrun = true;

    /// <summary>The span, with all that is known of the call.</summary>
    public Activity End(Attempt attempt)
    {
        Exchange exchange = attempt.Exchange;
        Lane lane = attempt.Lease.Lane;
        string disposition = Disposition(attempt, out string? error);
        int? status = attempt.Status;
        string operation = RequestTrace.OperationName(exchange.Route.Operation, attempt.Endpoint.Protocol);
        string provider = ProviderName(lane.Provider.Name, lane.Provider.Platform, attempt.Endpoint.Protocol);
        span.DisplayName = $"{operation} {lane.Model.UpstreamModel}";
        if (error is not null)
        {
            span.SetStatus(ActivityStatusCode.Error);
        }

        span.With("gen_ai.operation.name", operation)
            .With("gen_ai.provider.name", provider)
            .With("gen_ai.system", provider)
            .With("gen_ai.request.model", lane.Model.UpstreamModel)
            .With("gen_ai.response.model", _answeredModel)
            .With("http.request.method", "POST")
            .With("http.response.status_code", status)
            .With("server.address", attempt.Address.Host)
            .With("server.port", attempt.Address.Port)
            .With("error.type", error)
            .With("busbar.pool", attempt.Lease.Pool.Name)
            .With("busbar.lane", lane.Name)
            .With("busbar.provider", lane.Provider.Name)
            .With("busbar.choice", attempt.Lease.Reason.Name())
            .With("busbar.disposition", disposition)
            .With("busbar.attempt", exchange.Attempts);
        if (_end is AttemptEnd.Answered or AttemptEnd.ClientLeft && exchange.Usage is { IsReported: true } usage)
        {
            span.With("gen_ai.usage.input_tokens", usage.TotalInput)
                .With("gen_ai.usage.output_tokens", usage.Output)
                .With("gen_ai.usage.cache_read.input_tokens", usage.CacheRead > 0 ? usage.CacheRead : null)
                .With("gen_ai.usage.cache_creation.input_tokens", usage.CacheWrite > 0 ? usage.CacheWrite : null);
        }

        return span;
    }

    // The words of the metrics' labels, and what they have no word for.
    private string Disposition(Attempt attempt, out string? error)
    {
        Exchange exchange = attempt.Exchange;
        string? failedStatus = attempt.Status is >= 300 and var status ? status.ToString(CultureInfo.InvariantCulture) : null;
        if (_isOutrun)
        {
            error = null;
            return "outrun";
        }

        switch (_end)
        {
            case AttemptEnd.NextLane:
                error = failedStatus ?? Metrics.FailoverReasons[(int)_reason];
                return Metrics.Dispositions[(int)_reason];
            case AttemptEnd.Refused:
                error = failedStatus ?? "content";
                return "client_fault";
            case AttemptEnd.Skipped:
                error = failedStatus;
                return "unsupported";
            case AttemptEnd.Answered when failedStatus is not null:
                error = failedStatus;
                return "client_fault";
            case AttemptEnd.Answered when exchange.Outcome == Outcome.Error:
                error = "interrupted";
                return "transient_upstream";
            case AttemptEnd.Answered:
                error = null;
                return "ok";
            case AttemptEnd.ClientLeft:
            case null when exchange.ClientGone.IsCancellationRequested:
                error = null;
                return "client_left";
            default:
                error = "_OTHER";
                return "unknown";
        }
    }

    // Well-known values; hosts that speak another vendor's protocol bear its name unless they have one of their own.
    private static string ProviderName(string configured, Platform platform, Protocol protocol) => (configured, platform) switch
    {
        (_, Platform.Vertex) => "gcp.vertex_ai",
        (_, Platform.Azure) => "azure.ai.openai",
        (_, Platform.BedrockInvoke) => "aws.bedrock",
        ("groq" or "deepseek", _) => configured,
        ("mistral", _) => "mistral_ai",
        ("xai", _) => "x_ai",
        _ => protocol.TelemetryName,
    };
}
