using Busbar.Gateway.Admission;
using Busbar.Gateway.Memory;
using Busbar.Gateway.Relay;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Response;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Reliability;
using Busbar.Reliability.Faults;
using Busbar.Reliability.Selection;
using Busbar.Upstream;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.Identity;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// One call of one lane: what is sent, what came back, and everything that must be given back afterwards. Disposing ends the call,
/// closes or returns its connection and releases the lane, whatever happened.
/// </summary>
internal sealed class Attempt(Exchange exchange, LaneLease lease, UpstreamEndpoint endpoint, PreparedBody prepared) : IDisposable
{
    private PooledBuffer? _secondBody;
    private UpstreamRequest? _request;
    private bool _isSecondTry;
    private bool _isRenewed;
    private UpstreamResponse? _response;
    private long _charged;
    private long _calledAt;
    private CancellationTokenSource? _cancel;

    /// <summary>The request it serves.</summary>
    public Exchange Exchange => exchange;

    /// <summary>The hold on the lane.</summary>
    public LaneLease Lease => lease;

    /// <summary>The lane's provider.</summary>
    public UpstreamEndpoint Endpoint => endpoint;

    /// <summary>As <see cref="PreparedBody.IsTranslated"/>.</summary>
    public bool IsTranslated { get; } = PreparedBody.IsTranslated(exchange, endpoint);

    /// <summary>Whether the client reads what the provider writes: the same protocol, in the same platform's frame.</summary>
    public bool IsNative => !IsTranslated && endpoint.Protocol == exchange.Ingress;

    /// <summary>What translation must remember between request and answer; null on same-protocol hops.</summary>
    public TranslationContext? Translation { get; private set; }

    /// <summary>As <see cref="PreparedBody.KeptInput"/>.</summary>
    public byte[]? KeptInput { get; private set; }

    /// <summary>As <see cref="PreparedBody.HidesUsage"/>.</summary>
    public bool HidesUsage { get; private set; }

    /// <summary>Betas that the client asked for and the provider's configuration denies: they were left out.</summary>
    public IReadOnlyList<string> DeniedBetas { get; private set; } = [];

    /// <summary>The provider's answer, once its headers are in.</summary>
    public UpstreamResponse Response => _response!;

    /// <summary>Whether the provider's answer says that its body is in a coding.</summary>
    public bool IsEncoded { get; private set; }

    /// <summary>Status of the provider's answer; null while there is none.</summary>
    public int? Status => _response?.Status;

    /// <summary>Where the call goes.</summary>
    public Uri Address => _request!.Address;

    /// <summary>
    /// Builds the upstream request from what is prepared. Returns what to tell the client when this lane cannot take the request at all.
    /// </summary>
    public GatewayError? Prepare()
    {
        Translation = prepared.Translation;
        KeptInput = prepared.KeptInput;
        HidesUsage = prepared.HidesUsage;
        DeniedBetas = prepared.DeniedBetas;
        if (prepared.Refusal is { } refusal)
        {
            return refusal;
        }

        NewRequest(prepared.Body);
        return null;
    }

    /// <summary>Its span; null where none is recorded, and once it has ended.</summary>
    public AttemptTrace? Span { get; set; }

    /// <summary>Time since it was sent.</summary>
    public TimeSpan Elapsed => exchange.Snapshot.Time.GetElapsedTime(_calledAt);

    /// <summary>The call, where it runs by itself: done when the answer has begun or is a refusal. Null before <see cref="Begin"/>.</summary>
    public Task<UpstreamResponse>? Call { get; private set; }

    /// <summary>Sends the request and lets the call run by itself, until <see cref="Cancel"/>.</summary>
    public Task<UpstreamResponse> Begin()
    {
        _cancel = new CancellationTokenSource();
        return Call = BeginAsync(_cancel.Token);
    }

    /// <summary>Ends a call that runs by itself; its task ends soon.</summary>
    public void Cancel() => _cancel?.Cancel();

    /// <summary>
    /// Ends a call whose answer nobody wants: its lane is free at once. The rest is given back by disposing, after <see cref="EndedAsync"/>.
    /// </summary>
    public void GiveUp()
    {
        // It may be about to send, still.
        prepared.DetachFromPool();
        Span?.Outrun();
        Cancel();
        lease.Dispose();
    }

    /// <summary>Waits until a call that was given up has ended.</summary>
    public async ValueTask EndedAsync()
    {
        await ((Task)Call!).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (Call is { IsCompletedSuccessfully: true } call)
        {
            (await call.ConfigureAwait(false)).Dispose();
        }
    }

    /// <summary>Gives back what the call holds, once one that still runs has been ended.</summary>
    public ValueTask EndAsync()
    {
        if (Call is { IsCompleted: false })
        {
            return CancelAsync();
        }

        Dispose();
        return default;
    }

    /// <summary>
    /// Sends the request; done when the response headers are in. Throws what the transport throws. The caller passes the result to
    /// <see cref="Received"/>.
    /// </summary>
    public ValueTask<UpstreamResponse> SendAsync(CancellationToken cancellation)
    {
        lease.Called();
        exchange.CalledAt = _calledAt = exchange.Snapshot.Time.GetTimestamp();
        return endpoint.SendAsync(_request!, cancellation);
    }

    /// <summary>
    /// Puts the request together again without the parameter that <paramref name="error"/> refuses. True once at most, and only where the parameter
    /// was written here; the request is then to be sent again, to the same lane. A parameter that is refused as such is not sent to that lane any
    /// more.
    /// </summary>
    public bool TryWithoutRefused(int status, in ProviderError error)
    {
        if (_isSecondTry || status is not (400 or 422) || !(IsTranslated || HidesUsage))
        {
            return false;
        }

        PooledBuffer? body = WithoutRefused(status, error);
        if (body is null && (IsTranslated || HidesUsage))
        {
            return false;
        }

        SplicedBody splice = body is null ? new SplicedBody(exchange.Body!.Memory, exchange.Scan, endpoint.ModelJson) : new SplicedBody(body);
        _isSecondTry = true;
        EndTry();
        _secondBody = body;
        NewRequest(splice);
        return true;
    }

    /// <summary>
    /// Puts the request together again with another credential of the gateway's own identity, where <paramref name="error"/> says that the one it was
    /// sent with has ended. True once at most; the request is then to be sent again, to the same lane. Throws <see cref="IdentityException"/> when
    /// there is no other.
    /// </summary>
    public async ValueTask<bool> TryRenewAsync(int status, ProviderError error, CancellationToken cancellation)
    {
        if (_isRenewed || _request!.Credential is not { } refused || !StaleCredential.Is(status, error))
        {
            return false;
        }

        _isRenewed = true;
        MintedCredential next = await endpoint.Provider.Identity!.RenewAsync(refused, cancellation).ConfigureAwait(false);
        if (next.IsSame(refused))
        {
            return false;
        }

        SplicedBody body = _request.Body;
        EndTry();
        NewRequest(body);
        return true;
    }

    // The call is over, and the same lane is called again.
    private void EndTry()
    {
        Span?.Judged(new AttemptResult(AttemptEnd.Skipped));
        exchange.Trace?.Ended(this);
        _response?.Dispose();
        _response = null;
        if (_request is { IsInFlight: true })
        {
            _secondBody?.DetachFromPool();
            prepared.DetachFromPool();
        }
    }

    /// <summary>Lets a same-protocol answer be read and written again, for a client that wants another form of it.</summary>
    public Attempt ToReframe()
    {
        Translation ??= new TranslationContext(exchange.Ingress.Id, endpoint.Protocol.Id, endpoint.Target);
        return this;
    }

    /// <summary>Takes over the answer to <see cref="SendAsync"/>.</summary>
    public void Received(UpstreamResponse response)
    {
        exchange.CalledAt = _calledAt;
        IsEncoded = DecodedResponse.IsEncoded(response);
        _response = IsTranslated ? DecodedResponse.For(response) : response;
        if (response.IsSuccess)
        {
            lease.Lane.State.Latency.Observe(exchange.Snapshot.Time.GetElapsedTime(exchange.CalledAt));
        }
    }

    /// <summary>
    /// Charges a failure that came before any content to whoever caused it, and says how the request goes on. The provider's in-band complaint
    /// about the request itself leaves the lane unharmed, but another lane may still take it.
    /// </summary>
    /// <param name="fault">What failed.</param>
    /// <param name="error">What the provider said.</param>
    /// <param name="status">HTTP status; 0 when there was no answer.</param>
    /// <param name="retryAfter">What the provider asked for.</param>
    /// <param name="words">What the log calls it; null for the word of its class.</param>
    public AttemptResult Fail(FaultClass fault, in ProviderError error, int status = 200, TimeSpan? retryAfter = null, string? words = null)
    {
        if (exchange.ClientGone.IsCancellationRequested)
        {
            // Nobody waits for another lane's answer, and what becomes of a call without a client is nobody's fault.
            exchange.Outcome = Outcome.ClientError;
            return AttemptResult.ClientLeft;
        }

        AttemptResult result = Charge(fault, error, status, retryAfter);
        exchange.Failed(lease, words ?? Metrics.LabelOf(fault), status, error);
        return result;
    }

    /// <summary>
    /// Charges the attempt with an error inside an answer. Where no lane is left, the provider's own words about what broke are more than that
    /// nothing is available.
    /// </summary>
    public AttemptResult Fail(StreamError failure)
    {
        AttemptResult failed = Fail(FaultClassifier.Classify(failure, lease.Lane.Provider.ErrorMap), failure.Error);
        return failed is { End: AttemptEnd.NextLane, Final: null, Reason: FailoverReason.TransientUpstream } && failure.Error.Message is not null
            ? failed with { Final = ErrorMapping.FromStream(failure) }
            : failed;
    }

    private AttemptResult Charge(FaultClass fault, in ProviderError error, int status, TimeSpan? retryAfter)
    {
        FaultDisposition disposition = FaultDispositions.Of(fault);
        if (exchange.Caller.Credential.IsPassthrough && (disposition is FaultDisposition.HardDown or FaultDisposition.Declined))
        {
            // The caller's own account says nothing about the lane.
            lease.Pass();
            return new AttemptResult(
                AttemptEnd.NextLane, FailoverReason.TransientUpstream,
                ErrorMapping.Relay(status < 400 ? 401 : status, error, isClientCredential: true));
        }

        switch (disposition)
        {
            case FaultDisposition.TransientUpstream:
                lease.Failed(fault, retryAfter);
                return new AttemptResult(AttemptEnd.NextLane, FailoverReason.TransientUpstream);
            case FaultDisposition.Declined when lease.IsDeclinedTooOften(exchange.RequestHash):
                lease.HardDown(fault, status);
                return new AttemptResult(AttemptEnd.NextLane, FailoverReason.HardDown);
            case FaultDisposition.Declined:
                lease.Failed(fault, retryAfter);
                return new AttemptResult(AttemptEnd.NextLane, FailoverReason.Declined);
            case FaultDisposition.ModelGone when !lease.Pool.IsDirect:
                lease.Failed(fault, retryAfter);
                return new AttemptResult(AttemptEnd.NextLane, FailoverReason.ModelGone);
            case FaultDisposition.Nobody:
                lease.Pass();
                return new AttemptResult(AttemptEnd.NextLane, FailoverReason.TransientUpstream);
            case FaultDisposition.HardDown:
                lease.HardDown(fault, status);
                return new AttemptResult(AttemptEnd.NextLane, FailoverReason.HardDown);
            case FaultDisposition.ContextLength:
                lease.Pass();
                return new AttemptResult(AttemptEnd.NextLane, FailoverReason.ContextLength,
                    ErrorMapping.Relay(400, error with { IsContextLength = true }, isClientCredential: false));
            case FaultDisposition.ClientFault when fault == FaultClass.Content:
                lease.ClientFault();
                return new AttemptResult(AttemptEnd.Refused, Final: ErrorMapping.Refused(400, error));
            default:
                lease.ClientFault();
                return new AttemptResult(AttemptEnd.NextLane, FailoverReason.TransientUpstream,
                    ErrorMapping.Relay(400, error, isClientCredential: false));
        }
    }

    /// <summary>How long a whole answer may be silent now: as any answer may, and not beyond the longest call.</summary>
    public TimeSpan BodyTime()
    {
        var limits = exchange.Snapshot.Config.Limits;
        TimeSpan idle = TimeSpan.FromSeconds(limits.UpstreamIdleTimeoutSecs);
        TimeSpan left = TimeSpan.FromSeconds(limits.UpstreamRequestTimeoutSecs) - exchange.Snapshot.Time.GetElapsedTime(exchange.CalledAt);
        return left < idle ? (left > TimeSpan.Zero ? left : TimeSpan.Zero) : idle;
    }

    /// <summary>Gives the request's bytes back, once all have left: an answer that has begun never needs them again.</summary>
    public void ReleaseSent()
    {
        if (_request is not { IsSent: true })
        {
            return;
        }

        _secondBody?.Dispose();
        _secondBody = null;
        exchange.ReleaseBody();
        Discharge();
    }

    /// <summary>Takes memory for as long as the call lasts. Throws <see cref="OverloadException"/> when there is none.</summary>
    public async ValueTask ChargeAsync(long bytes, CancellationToken cancellation)
    {
        await exchange.Memory.TakeAsync(bytes, cancellation).ConfigureAwait(false);
        _charged += bytes;
    }

    // Headers alone say little: some send them before they begin to think.
    private async Task<UpstreamResponse> BeginAsync(CancellationToken cancellation)
    {
        UpstreamResponse response = await SendAsync(cancellation).ConfigureAwait(false);
        if (!response.IsSuccess)
        {
            return response;
        }

        try
        {
            await response.WaitAsync(cancellation).ConfigureAwait(false);
            return response;
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private async ValueTask CancelAsync()
    {
        Cancel();
        await EndedAsync().ConfigureAwait(false);
        Dispose();
    }

    private void Discharge()
    {
        exchange.Memory.Release(_charged);
        _charged = 0;
    }

    /// <summary>
    /// The answer is there as a whole: the call ends, and the lane is free, before the client takes it, who may read slowly. Nothing may be read from
    /// <see cref="Response"/> any more.
    /// </summary>
    public void EndCall()
    {
        Span?.Judged(AttemptResult.Answered);
        exchange.Trace?.Ended(this);
        _response?.Dispose();
        _response = null;
        ReleaseSent();
        lease.Dispose();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        exchange.Trace?.Ended(this);
        _response?.Dispose();
        _response = null;
        if (_request is { IsInFlight: true })
        {
            // The provider answered without having read everything, and the sending ends a moment after the connection does.
            _secondBody?.DetachFromPool();
            prepared.DetachFromPool();
        }

        _secondBody?.Dispose();
        _cancel?.Dispose();
        Discharge();
        lease.Dispose();
    }

    private void NewRequest(in SplicedBody body)
    {
        var call = new EgressCall(exchange.Route.Operation, exchange.Streams);
        if (!IsTranslated)
        {
            // Versions of a vendor's own API and of a cloud's are not the same.
            call = call with { Version = exchange.Route.Platform == endpoint.Provider.Config.Platform ? exchange.Route.Version : null, JsonArray =
                exchange.WantsJsonArray };
        }

        UpstreamRequest request = _request = endpoint.NewRequest(body, call, exchange.Caller.Credential);
        if (IsTranslated)
        {
            // What is read here should come as it is.
            request.TryAdd("Accept-Encoding", "identity");
        }
        else
        {
            IReadOnlyList<string> denied = HeaderPolicy.CopyRequest(endpoint.Provider.Config, exchange.Caller, exchange.RequestHeaders, request);
            DeniedBetas = DeniedBetas.Count == 0 ? denied : [.. DeniedBetas, .. denied.Except(DeniedBetas)];
            AddFromBody(request, prepared.FromBody);
            if (exchange.Caller.Credential.Carrier == CredentialCarrier.Signature)
            {
                ForwardedSignature.Copy(exchange.RequestHeaders, request);
            }
        }

        endpoint.AddDefaultHeaders(request);
        Span = exchange.Trace?.Call(exchange, request);
    }

    // What the client said in its body, and the provider reads in headers.
    private static void AddFromBody(UpstreamRequest request, in ReframedHeaders said)
    {
        if (said.Version is { } version && !request.Has("anthropic-version"))
        {
            request.TryAdd("anthropic-version", version);
        }

        if (said.Betas is { } betas)
        {
            request.TrySet("anthropic-beta", betas);
        }
    }

    // Null when the error refuses nothing that was written here, and for a same-protocol request, which needs no new body without it.
    private PooledBuffer? WithoutRefused(int status, in ProviderError error)
    {
        string? name = prepared.FindRefused(status, error);
        if (name is null || (!IsTranslated && name != PreparedBody.StreamOptions))
        {
            return null;
        }

        if (RefusedParameter.IsLasting(error))
        {
            endpoint.Refused.Add(name);
        }

        if (!IsTranslated)
        {
            HidesUsage = false;
            return null;
        }

        return prepared.Without(name);
    }
}
