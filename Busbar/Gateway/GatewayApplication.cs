using System.Runtime.CompilerServices;
using Busbar.Admin;
using Busbar.Admin.Process;
using Busbar.Gateway.Admission;
using Busbar.Gateway.Admission.Labels;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Memory;
using Busbar.Gateway.OwnAnswers;
using Busbar.Gateway.Routing;
using Busbar.Gateway.Work;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Ir;
using Busbar.Observability;
using Busbar.Observability.Live;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Oidc;
using Busbar.Protocols;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Request;
using Busbar.Reliability;
using Busbar.Wire;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Abstractions;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Busbar.Gateway;

/// <summary>
/// A request's way, from routing to settlement. The numbers are those of the design: 1 route, 2 authenticate, 3 read the body, 4 admit, 5 select,
/// 6 attempt, 7 classify, 8 hold, 9 relay (5 to 9 in <see cref="AttemptLoop"/>), 10 settle.
/// </summary>
internal sealed class GatewayApplication : IHttpApplication<Exchange>, IDisposable
{
    // Requests for the figures that are served at once, beside the limit on all others.
    private const int MaxOnlookers = 16;

    private readonly Metrics _metrics;
    private readonly RequestLog _log;
    private readonly AttemptLoop _attempts;
    private readonly LocalEndpoints _local;
    private readonly TimeProvider _time;
    private readonly GuessBrake _guesses;
    private readonly MemoryTrim _trim;
    private readonly MemoryBudget _memory;
    private readonly UnprovenBodies _unproven = new();
    private readonly InboundGauge _onlookers = new();
    private readonly LabelBook _labels;
    private readonly CancellationTokenSource _cut = new();
    private GatewaySnapshot _snapshot;

    /// <summary>Serves <paramref name="snapshot"/> until <see cref="Swap"/> replaces it.</summary>
    public GatewayApplication(GatewaySnapshot snapshot, Metrics metrics, RequestLog log, TimeProvider time)
    {
        _snapshot = snapshot;
        _metrics = metrics;
        _labels = new LabelBook(time, metrics.LabelsBounded.Get());
        _log = log;
        _time = time;
        _guesses = new GuessBrake(time);
        _attempts = new AttemptLoop(metrics, log);
        _local = new LocalEndpoints(metrics);
        _trim = new MemoryTrim(metrics.Memory, time);
        _memory = new MemoryBudget(metrics.Memory, time, _trim);
        Work = new WorkGate(time);
    }

    /// <summary>Where large bodies wait for their turn.</summary>
    public WorkGate Work { get; }

    /// <summary>The admin API; null when governance is off. To be set before the first request.</summary>
    public AdminApi? Admin { get; set; }

    /// <summary>Keeps the requests that ended last; null for nobody.</summary>
    public RecentRequests? Recent { get; init; }

    /// <summary>Where traces and request logs go; null for nowhere.</summary>
    public Telemetry? Telemetry { get; init; }

    /// <summary>
    /// Whether the process is going down. From then on <c>/healthz</c> answers 503, and HTTP/1.1 connections close with their next answer, so that
    /// clients and balancers find another instance before the port closes.
    /// </summary>
    public bool IsDraining { get; private set; }

    /// <summary>Begins to go down. Requests are still taken.</summary>
    public void BeginDrain()
    {
        IsDraining = true;
        _local.IsDraining = true;
    }

    /// <summary>
    /// Ends the requests under way, each with the error of its protocol: in the stream where one has begun, as a status where none has.
    /// </summary>
    public void Cut() => _cut.Cancel();

    /// <inheritdoc/>
    public void Dispose()
    {
        _trim.Dispose();
        _cut.Dispose();
    }

    /// <summary>The configuration new requests begin with.</summary>
    public GatewaySnapshot Snapshot => Volatile.Read(ref _snapshot);

    /// <summary>Puts another configuration in force; requests under way keep theirs. Returns the former one.</summary>
    public GatewaySnapshot Swap(GatewaySnapshot next) => Interlocked.Exchange(ref _snapshot, next);

    /// <inheritdoc/>
    public Exchange CreateContext(IFeatureCollection contextFeatures)
    {
        // Kestrel keeps the object with the connection for its next request.
        var container = contextFeatures as IHostContextContainer<Exchange>;
        Exchange exchange = container?.HostContext ?? new Exchange();
        if (container is not null)
        {
            container.HostContext = exchange;
        }

        return Begin(exchange, contextFeatures);
    }

    /// <summary>
    /// Serves the request of <paramref name="features"/> as <paramref name="trial"/> says, in place of what its path and headers say.
    /// </summary>
    public async Task TryAsync(IFeatureCollection features, Trial trial)
    {
        var request = features.GetRequiredFeature<IHttpRequestFeature>();
        request.RawTarget = trial.Target;
        request.Headers.Remove("x-admin-token");
        request.Headers.Authorization = default;
        Exchange exchange = Begin(new Exchange(), features);
        exchange.Trial = trial;
        try
        {
            await ProcessRequestAsync(exchange).ConfigureAwait(false);
        }
        finally
        {
            exchange.End();
        }
    }

    private Exchange Begin(Exchange exchange, IFeatureCollection features)
    {
        exchange.Begin(features, Snapshot, _time.GetTimestamp(), _cut.Token);
        if (IsDraining && exchange.IsHttp1)
        {
            exchange.ResponseHeaders.Connection = "close";
        }

        long limit = exchange.Snapshot.Config.Limits.MemoryMaxBytes;
        exchange.Memory.Begin(_memory, limit > 0 ? limit : MachineMemory.DefaultBudget);
        exchange.Work.Begin(Work);
        return exchange;
    }

    /// <inheritdoc/>
    public void DisposeContext(Exchange context, Exception? exception) => context.End();

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(Exchange context)
    {
        try
        {
            await RunAsync(context).ConfigureAwait(false);
        }
        catch (BadHttpRequestException exception)
        {
            await TryAnswerAsync(context, exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? new GatewayError(ErrorKind.TooLarge)
                : new GatewayError(ErrorKind.InvalidRequest, "The request body could not be read.", exception.StatusCode)).ConfigureAwait(false);
        }
        catch (OverloadException)
        {
            _metrics.Shed.Get(context.Route.Protocol.Name()).Add();
            await TryAnswerAsync(context, new GatewayError(ErrorKind.Overloaded), retryAfterSeconds: 1).ConfigureAwait(false);
        }
        catch (AllowanceException exception)
        {
            await TryAnswerAsync(context, RequestTranslation.TooMany(exception)).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is ConnectionResetException
            || (context.ClientGone.IsCancellationRequested && UpstreamErrors.IsFailure(exception)))
        {
            context.Outcome = Outcome.ClientError;
        }
        catch (IOException) when (context is { Body: null, Attempts: 0, HasStarted: false })
        {
            // Of a stream of HTTP/2 that was reset: until the body is there only the client can fail.
            context.Outcome = Outcome.ClientError;
        }
        catch (Exception exception)
        {
            // A bug: the client learns only that, the log learns all.
            _log.Unhandled(context, exception);
            await TryAnswerAsync(context, new GatewayError(ErrorKind.Internal)).ConfigureAwait(false);
        }
        finally
        {
            Settle(context);
        }
    }

    // Steps 1 and 2 wait for nobody but in rare cases, which have methods of their own.
    private ValueTask RunAsync(Exchange exchange)
    {
        Route(exchange);
        if (CorsAnswer.TryServe(exchange) || _local.TryServeOpen(exchange))
        {
            return default;
        }

        if (exchange.Route.Endpoint == GatewayEndpoint.Admin)
        {
            return AdminEndpoint.ServeAsync(exchange.Features, Admin, TryAsync);
        }

        // 2. Authenticate, before a byte of the body is read.
        bool isPermitted = Authenticate(exchange);
        return exchange.Caller.Admitted ? ReceiveAsync(exchange, isPermitted) : JudgeCallerAsync(exchange);
    }

    // 1. Route: the path alone fixes the protocol, but for the few paths that several vendors have.
    private static void Route(Exchange exchange)
    {
        exchange.Route = AdminEndpoint.Route(exchange) ?? AzurePath.Of(Routes.Match(exchange.Method, exchange.RawPath), exchange.Snapshot.Fleet);
        if (exchange.Route.Endpoint is GatewayEndpoint.ModelList or GatewayEndpoint.Model or GatewayEndpoint.NoAction)
        {
            exchange.Route = exchange.Route with { Protocol = SharedPath.Of(exchange) };
        }
        else if (exchange.Route.Endpoint == GatewayEndpoint.None && PathClassifier.Classify(exchange.RawPath) is null
            && ClientHints.Of(exchange.RequestHeaders, exchange.RawQuery) is { } spoken)
        {
            exchange.Route = exchange.Route with { Protocol = spoken };
        }

        if (exchange.Trial is not null && !IsCall(exchange))
        {
            exchange.Route = exchange.Route with { Endpoint = GatewayEndpoint.None };
        }

        exchange.Ingress = IngressOf(exchange.Route);
    }

    private async ValueTask JudgeCallerAsync(Exchange exchange)
    {
        if (await TryJudgeTokenAsync(exchange).ConfigureAwait(false))
        {
            await ReceiveAsync(exchange, !IsForOperators(exchange)).ConfigureAwait(false);
        }
        else
        {
            await RefuseCallerAsync(exchange).ConfigureAwait(false);
        }
    }

    private ValueTask ReceiveAsync(Exchange exchange, bool isPermitted) =>
        !isPermitted ? ErrorReply.WriteAsync(exchange, new GatewayError(ErrorKind.Permission))
            : IsCall(exchange) && exchange.Caller.Signed is { IsProven: false } ? ProveAsync(exchange)
            : EnterAsync(exchange);

    // Only the body proves who sent it. Until then the request is none of those that count.
    private async ValueTask ProveAsync(Exchange exchange)
    {
        if (await RequestAdmission.ReadBodyAsync(exchange, _unproven).ConfigureAwait(false) is { } unread)
        {
            await RefuseUnreadAsync(exchange, unread).ConfigureAwait(false);
        }
        else
        {
            await EnterAsync(exchange).ConfigureAwait(false);
        }
    }

    private ValueTask EnterAsync(Exchange exchange)
    {
        // Operators look on when tenants have used up all places.
        bool isForOperators = IsForOperators(exchange);
        InboundGauge places = isForOperators ? _onlookers : _metrics.Inbound;
        if (IsCall(exchange))
        {
            exchange.Trace = RequestTrace.Begin(Telemetry?.Tracer, exchange);
        }

        if (places.TryEnter(isForOperators ? MaxOnlookers : exchange.Snapshot.Config.Limits.MaxInboundConcurrent))
        {
            exchange.Place = places;
            return ServeAsync(exchange);
        }

        // Its body is not read: what cannot be served now must not cost memory either.
        _metrics.Shed.Get(exchange.Route.Protocol.Name()).Add();
        exchange.Reason = "max_inbound_concurrent";
        return ErrorReply.WriteAsync(exchange, new GatewayError(ErrorKind.Unavailable), retryAfterSeconds: 1);
    }

    private static bool IsCall(Exchange exchange) => exchange.Route.Endpoint is GatewayEndpoint.Chat or GatewayEndpoint.Auxiliary;

    // The bodies of InvokeModel are Claude's, until one turns out to be another family's; they are Bedrock's in all else.
    private static Protocol IngressOf(in RouteMatch route) =>
        route is { Platform: Platform.BedrockInvoke, Endpoint: GatewayEndpoint.Chat } ? ProtocolTable.Invoked
            : ProtocolTable.Get(route.Protocol, route.Platform);

    // Finds out who calls. False for one who may not see what was asked for, whoever it is.
    private bool Authenticate(Exchange exchange)
    {
        if (exchange.Trial is { } trial)
        {
            exchange.Caller = new(true, default, trial.As);
            return true;
        }

        Authenticator authenticator = exchange.Snapshot.Authenticator;
        GatewayEndpoint endpoint = exchange.Route.Endpoint;
        exchange.Caller = authenticator.Authenticate(exchange.RequestHeaders, exchange.RawQuery, exchange.Route.Protocol, ref exchange.AdmittedToken);
        if (endpoint is GatewayEndpoint.Metrics or GatewayEndpoint.Stats && authenticator.MaySeeFigures(exchange.RequestHeaders, exchange.Caller))
        {
            exchange.Caller = new(true, default);
            return true;
        }

        if (exchange.Caller.Admitted)
        {
            return !IsForOperators(exchange);
        }

        if (IsCall(exchange) && authenticator.IsSigned(exchange.RequestHeaders, exchange.RawQuery, exchange.Route.Protocol)
            && exchange.Snapshot.Signatures!.Judge(exchange) is { } signed)
        {
            exchange.Caller = new(true, default, signed.Signer, signed);
        }

        return true;
    }

    private static bool IsForOperators(Exchange exchange) => exchange.Route.Endpoint is GatewayEndpoint.Metrics or GatewayEndpoint.Stats;

    // A token of an issuer that was not seen before.
    private static async ValueTask<bool> TryJudgeTokenAsync(Exchange exchange)
    {
        GatewaySnapshot snapshot = exchange.Snapshot;
        if (snapshot.Authenticator.TokenToJudge(exchange.RequestHeaders, exchange.RawQuery, exchange.Route.Protocol) is not { } token)
        {
            return false;
        }

        (KeyEntry? entry, TokenFault fault) = await snapshot.Tokens!.AdmitAsync(token, exchange.ClientGone).ConfigureAwait(false);
        if (entry is null)
        {
            exchange.Reason = TokenFaults.NameOf(fault);
            return false;
        }

        exchange.Caller = snapshot.Authenticator.Identify(entry, token, exchange.RequestHeaders, exchange.RawQuery, exchange.Route.Protocol);
        return true;
    }

    private async ValueTask RefuseCallerAsync(Exchange exchange)
    {
        Refuse(exchange);
        if (exchange.Snapshot.Authenticator.ShowsSecret(exchange.RequestHeaders, exchange.RawQuery, exchange.Route.Protocol))
        {
            await _guesses.HoldAsync(exchange.ClientAddress, exchange.ClientGone).ConfigureAwait(false);
        }

        await ErrorReply.WriteAsync(exchange, new GatewayError(ErrorKind.Authentication)).ConfigureAwait(false);
    }

    private ValueTask RefuseUnreadAsync(Exchange exchange, in GatewayError refusal) =>
        !exchange.Caller.Admitted ? RefuseCallerAsync(exchange)
            : ErrorReply.WriteAsync(exchange, refusal, retryAfterSeconds: refusal.Kind == ErrorKind.Unavailable ? 1 : 0);

    // Where an answer is kept that another process brought, and whose it is, may be known there only.
    private ValueTask<GatewayError?> AdmitAsync(Exchange exchange)
    {
        GatewayError? refusal = RequestAdmission.Admit(exchange);
        if (refusal is null)
        {
            Attribution.Note(exchange, _labels);
        }

        return refusal is null && exchange.Snapshot.Fleet.ResponseAffinity.Ask is not null && StoredResponseRouting.IsUnknown(exchange)
            ? AskAsync(exchange) : new(refusal);
    }

    private static async ValueTask<GatewayError?> AskAsync(Exchange exchange)
    {
        await exchange.Snapshot.Fleet.ResponseAffinity.AskWhileAsync(() => StoredResponseRouting.IsUnknown(exchange), exchange.ClientGone)
            .ConfigureAwait(false);
        return StoredResponseRouting.Objection(exchange);
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask ServeAsync(Exchange exchange)
    {
        switch (exchange.Route.Endpoint)
        {
            case GatewayEndpoint.Chat or GatewayEndpoint.Auxiliary:
                if (exchange.Body is null && await RequestAdmission.ReadBodyAsync(exchange).ConfigureAwait(false) is { } unread)
                {
                    await RefuseUnreadAsync(exchange, unread).ConfigureAwait(false);
                }
                else if (await AdmitAsync(exchange).ConfigureAwait(false) is { } refusal)
                {
                    await ErrorReply.WriteAsync(exchange, refusal).ConfigureAwait(false);
                }
                else if (exchange.Caller.Key is { } key && KeyGate.Reserve(exchange, key) is not Refusal.None and var limit
                    && (limit != Refusal.Lease || (limit = await KeyGate.ReserveBorrowedAsync(exchange, key).ConfigureAwait(false)) != Refusal.None))
                {
                    await KeyGate.RefuseAsync(exchange, key, limit).ConfigureAwait(false);
                }
                else
                {
                    try
                    {
                        await _attempts.RunAsync(exchange, exchange.Pool!).ConfigureAwait(false);
                    }
                    finally
                    {
                        await exchange.Early.EndAsync().ConfigureAwait(false);
                    }
                }

                return;
            case GatewayEndpoint.ModelList or GatewayEndpoint.Model:
                await ModelListing.ServeAsync(exchange).ConfigureAwait(false);
                return;
            case GatewayEndpoint.NoAction:
                await ErrorReply.WriteAsync(exchange, ModelNotFound.Action(exchange.Route)).ConfigureAwait(false);
                return;
            case GatewayEndpoint.None:
                await ErrorReply.WriteAsync(exchange, new GatewayError(ErrorKind.NotFound, "The requested URL was not found.")).ConfigureAwait(false);
                return;
            case GatewayEndpoint.WrongMethod when exchange.Ingress.Traffic.TriesWebSockets && exchange.RequestHeaders.Upgrade == "websocket":
                // Codex goes on over HTTP when it is told so by this status.
                exchange.ResponseHeaders.Upgrade = "HTTP/1.1";
                await ErrorReply.WriteAsync(
                    exchange, new GatewayError(ErrorKind.InvalidRequest, "This endpoint takes no WebSocket. Send a POST request instead.", 426))
                        .ConfigureAwait(false);
                return;
            case GatewayEndpoint.WrongMethod:
                exchange.ResponseHeaders.Allow = exchange.Route.Allow;
                await ErrorReply.WriteAsync(exchange, new GatewayError(
                    ErrorKind.MethodNotAllowed, $"Method not allowed. Use {exchange.Route.Allow}.")).ConfigureAwait(false);
                return;
            default:
                _local.Serve(exchange);
                return;
        }
    }

    private void Refuse(Exchange exchange)
    {
        _metrics.AuthRejections.Get(exchange.Route.Protocol.Name()).Add();
        _log.Refused(exchange);
    }

    // 10. Settle: reached on every path, once. Permit and probe went back with the attempt that held them.
    private void Settle(Exchange exchange)
    {
        exchange.Place?.Leave();
        exchange.Place = null;
        KeyCharge.Settle(exchange);
        if (exchange.Ingress is null || !IsCall(exchange))
        {
            return;
        }

        // Refused credentials have a counter of their own.
        if (!exchange.Caller.Admitted)
        {
            return;
        }

        PoolMetrics counters = exchange.Pool is { } pool ? exchange.Snapshot.MetricsOf(pool) : _metrics.UnresolvedPool;
        ProtocolId ingress = exchange.Route.Protocol;
        counters.Request(ingress, exchange.Outcome);
        if (exchange.HeadersAt != 0)
        {
            TimeSpan toHeaders = _time.GetElapsedTime(exchange.Started, exchange.HeadersAt);
            counters.Duration(ingress, toHeaders);
            if (exchange.Streams && exchange.ServedBy is not null)
            {
                counters.FirstByte(ingress, toHeaders);
                counters.StreamDuration(ingress, exchange.Elapsed);
            }
        }

        if (exchange.UsageIsLost)
        {
            _metrics.BillingTruncated.Get().Add();
        }

        if (exchange is { ServedBy: { } lane, ServedIn: { } servedIn })
        {
            LaneMetrics served = exchange.Snapshot.MetricsOf(servedIn).Lane(lane);
            served.Tokens(exchange.Reservation.Settled?.Usage ?? exchange.Usage);
            served.Cost(exchange.Reservation.Settled?.SpendNanos ?? 0);
            if (exchange.Reservation.Settled is { IsUnpriced: true })
            {
                served.Unpriced();
            }
        }

        Recent?.Add(RequestRecords.RecentOf(exchange));
        exchange.Trace?.End(exchange);
        if (Telemetry is { } telemetry && (telemetry.Webhook is not null || telemetry.File is not null))
        {
            RequestRecord record = RequestRecords.Of(exchange);
            telemetry.Webhook?.Post(record);
            telemetry.File?.Post(record);
        }

        _log.Ended(exchange);
    }

    private static async ValueTask TryAnswerAsync(Exchange exchange, GatewayError error, int retryAfterSeconds = 0)
    {
        await exchange.Early.EndAsync().ConfigureAwait(false);
        if (exchange.HasBegun)
        {
            exchange.Outcome = Outcome.Error;
            exchange.Abort();
            return;
        }

        try
        {
            if (!exchange.HasStarted)
            {
                exchange.ResponseHeaders.Clear();
            }

            await ErrorReply.WriteAsync(exchange, error, retryAfterSeconds).ConfigureAwait(false);
        }
        catch (Exception exception) when (UpstreamErrors.IsFailure(exception))
        {
            exchange.Outcome = Outcome.ClientError;
        }
    }
}
