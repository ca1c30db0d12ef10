using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Busbar.Admin.Process;
using Busbar.Configuration.Model;
using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Gateway.Memory;
using Busbar.Gateway.Relay;
using Busbar.Gateway.Routing;
using Busbar.Gateway.Server;
using Busbar.Gateway.Work;
using Busbar.Governance.Budgets;
using Busbar.Ir;
using Busbar.Observability.Logging;
using Busbar.Observability.Metrics;
using Busbar.Protocols;
using Busbar.Protocols.Forms;
using Busbar.Reliability;
using Busbar.Reliability.Selection;
using Busbar.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Busbar.Gateway;

/// <summary>
/// One request and its answer, from the first header to the last byte. Kestrel keeps the object with its connection and uses it again,
/// so <see cref="Begin"/> must set and <see cref="End"/> must clear every field but <see cref="AdmittedToken"/>.
/// </summary>
internal sealed class Exchange
{
    private IHttpRequestFeature _request = null!;
    private IHttpResponseFeature _response = null!;
    private IHttpResponseBodyFeature _responseBody = null!;
    private IHttpRequestLifetimeFeature _lifetime = null!;
    private IRequestBodyPipeFeature _requestBody = null!;
    private PreparedBody? _preparedBeside;
    private string? _requestId;
    private long _started;

    /// <summary>As Kestrel makes one for each connection.</summary>
    public Exchange() => Prepared = new PreparedBody(this);

    /// <summary>The configuration this request began with.</summary>
    public GatewaySnapshot Snapshot { get; private set; } = null!;

    /// <summary>What the path said.</summary>
    public RouteMatch Route { get; set; }

    /// <summary>The client's protocol.</summary>
    public Protocol Ingress { get; set; } = null!;

    /// <summary>The credential this connection was admitted with last; kept from request to request.</summary>
    public AdmittedToken AdmittedToken;

    /// <summary>What the sender proved.</summary>
    public CallerIdentity Caller { get; set; }

    /// <summary>Hash of who asks, for breakers; 0 where callers are not told apart.</summary>
    public int CallerHash => Caller.Key is { } key ? RuntimeHelpers.GetHashCode(key) : AdmittedToken.Caller;

    /// <summary>Hash of what is asked; 0 once the body is gone.</summary>
    public int RequestHash
    {
        get
        {
            var hash = default(HashCode);
            hash.AddBytes(Body is { } body ? body.Span : default);
            return hash.ToHashCode();
        }
    }

    /// <summary>What it holds of the memory for all requests.</summary>
    public MemoryHold Memory { get; } = new();

    /// <summary>Its turn, where it makes much work.</summary>
    public WorkTurn Work { get; } = new();

    /// <summary>The body as a provider gets it.</summary>
    public PreparedBody Prepared { get; }

    /// <summary>The body as another provider gets it at the same time.</summary>
    public PreparedBody PreparedBeside => _preparedBeside ??= new PreparedBody(this);

    /// <summary>Calls that were given up because another was faster.</summary>
    public int CallsGivenUp { get; set; }

    /// <summary>The body, once read.</summary>
    public PooledBuffer? Body { get; set; }

    /// <summary>Bytes of <see cref="Memory"/> that the body was charged with.</summary>
    public long BodyCharge { get; set; }

    /// <summary>Length of the body in bytes, also after it was given back.</summary>
    public int BodyLength { get; set; }

    /// <summary>Where in the body the model stands.</summary>
    public RequestScan Scan { get; set; }

    /// <summary>Whether the client wants a stream.</summary>
    public bool Streams { get; set; }

    /// <summary>Whether an OpenAI client asked for a usage chunk at the end of its stream.</summary>
    public bool WantsStreamUsage { get; set; }

    /// <summary>Whether a Gemini client wants its stream as one JSON array.</summary>
    public bool WantsJsonArray { get; set; }

    /// <summary>Content type of a stream to this client.</summary>
    public string StreamContentType => WantsJsonArray ? "application/json" : Ingress.StreamContentType;

    /// <summary>The pool that serves it; null until one was found.</summary>
    public Pool? Pool { get; set; }

    /// <summary>What the answer cost.</summary>
    public Usage Usage { get; set; }

    /// <summary>What it holds of its key's limits.</summary>
    public Reservation Reservation { get; } = new();

    /// <summary>
    /// Bytes of text in what was relayed, as far as they were counted; they stand in for <see cref="Usage"/> where nothing was reported.
    /// </summary>
    public long DeliveredText { get; set; }

    /// <summary>Name of the lane whose answer the headers belong to; null for an answer of our own, and before headers.</summary>
    public string? CommittedLane { get; private set; }

    /// <summary>Whether the answer was too long for what it cost to be read from it.</summary>
    public bool UsageIsLost { get; set; }

    /// <summary>How it ended, for metrics and log.</summary>
    public Outcome Outcome { get; set; }

    /// <summary>Name of the lane that answered; null when none did.</summary>
    public string? ServedBy { get; set; }

    /// <summary>Why the lane that was called last was taken; null before the first.</summary>
    public PickReason? Choice { get; set; }

    /// <summary>The pool whose lane answered: the one asked for, or a fallback of it.</summary>
    public Pool? ServedIn { get; set; }

    /// <summary>Why the gateway refused it or has no answer, in one word for log and webhook; null when it did neither.</summary>
    public string? Reason { get; set; }

    /// <summary>The upstream calls that did not give the client its answer, in their order; null for none.</summary>
    public List<FailedAttempt>? Failures { get; private set; }

    /// <summary>What translations of it and of its answer dropped or degraded.</summary>
    public Losses Lost;

    /// <summary>Set where an operator sends it to try the gateway; null for a client's.</summary>
    public Trial? Trial { get; set; }

    /// <summary>Upstream calls made.</summary>
    public int Attempts { get; set; }

    /// <summary>Timestamp at which the last call was sent.</summary>
    public long CalledAt { get; set; }

    /// <summary>Where it counts as one of the requests under way; null while it counts nowhere.</summary>
    public InboundGauge? Place { get; set; }

    /// <summary>Its trace; null when nobody records traces.</summary>
    public RequestTrace? Trace { get; set; }

    /// <summary>Timeouts and cancellation of the upstream calls.</summary>
    public CallTimer Timer { get; } = new();

    /// <summary>Its way through the lanes.</summary>
    public LaneSearch Search { get; } = new();

    /// <summary>The head of a stream, and keep-alives, while no provider has begun one.</summary>
    public EarlyAnswer Early { get; } = new();

    /// <summary>Keep-alives while a provider is silent in a stream.</summary>
    public KeepAlive KeepAlive { get; } = new();

    /// <summary>Cuts off a client that takes nothing.</summary>
    public StallWatch Stall { get; } = new();

    /// <summary>What Kestrel knows of the request, for those who need more than this.</summary>
    public IFeatureCollection Features { get; private set; } = null!;

    /// <summary>Where the request came from, behind trusted proxies.</summary>
    public string ClientAddress => Admission.ClientAddress.Of(
        Features.Get<IHttpConnectionFeature>()?.RemoteIpAddress, RequestHeaders, Snapshot.Config.TrustedProxies)?.ToString() ?? "unknown";

    /// <summary>The request's method.</summary>
    public string Method => _request.Method;

    /// <summary>Path as sent, percent-encoded, without query.</summary>
    public ReadOnlySpan<char> RawPath => new RequestTarget(_request.RawTarget).Path;

    /// <summary>Query as sent, without the question mark.</summary>
    public ReadOnlySpan<char> RawQuery => new RequestTarget(_request.RawTarget).Query;

    /// <summary>The client's headers.</summary>
    public IHeaderDictionary RequestHeaders => _request.Headers;

    /// <summary>The client's body as it arrives.</summary>
    public PipeReader RequestReader => _requestBody.Reader;

    /// <summary>Fires when the client is gone.</summary>
    public CancellationToken ClientGone => _lifetime.RequestAborted;

    /// <summary>Fires when the process has waited long enough for its requests: what is under way then ends with an error of its protocol.</summary>
    public CancellationToken Cut { get; private set; }

    /// <summary>Headers of the answer; to be set before <see cref="HasStarted"/>.</summary>
    public IHeaderDictionary ResponseHeaders => _response.Headers;

    /// <summary>The answer's body.</summary>
    public PipeWriter Output => _responseBody.Writer;

    /// <summary>Status of the answer.</summary>
    public int Status
    {
        get => _response.StatusCode;
        set => _response.StatusCode = value;
    }

    /// <summary>Whether headers have gone to the client.</summary>
    public bool HasStarted => _response.HasStarted;

    /// <summary>Whether what has gone to the client is of an answer: more than the head of a stream that any lane may still fill.</summary>
    public bool HasBegun => HasStarted && !(Early.IsOpen && CommittedLane is null);

    /// <summary>Timestamp at which the answer's headers were decided; 0 before.</summary>
    public long HeadersAt { get; private set; }

    /// <summary>Timestamp of arrival, in the units of <see cref="TimeProvider.GetTimestamp"/>.</summary>
    public long Started => _started;

    /// <summary>The request id in the client's protocol, minted on first use.</summary>
    public string RequestId => _requestId ??= Ingress.NewRequestId();

    /// <summary>That id, where it was minted; null while nobody needed one.</summary>
    public string? MintedId => _requestId;

    /// <summary>Whether the request came over HTTP/1.1 or older.</summary>
    public bool IsHttp1 => _request.Protocol.StartsWith("HTTP/1", StringComparison.Ordinal);

    /// <summary>Takes hold of a request that has just arrived.</summary>
    public void Begin(IFeatureCollection features, GatewaySnapshot snapshot, long timestamp, CancellationToken cut)
    {
        Features = features;
        _request = features.GetRequiredFeature<IHttpRequestFeature>();
        _response = features.GetRequiredFeature<IHttpResponseFeature>();
        _responseBody = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        _lifetime = features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        _requestBody = features.GetRequiredFeature<IRequestBodyPipeFeature>();
        Snapshot = snapshot;
        _started = timestamp;
        Cut = cut;
    }

    /// <summary>
    /// Notes that the answer's headers are decided now; <paramref name="lane"/> is whose answer it is, null for an answer of our own.
    /// </summary>
    public void MarkHeaders(string? lane = null)
    {
        HeadersAt = Snapshot.Time.GetTimestamp();
        CommittedLane = lane;

        // From here on the client is waited for.
        Work.End();
        if (!HasStarted && (Trial is not null || Snapshot.Config.ResponseHeaders == ResponseHeaderMode.Debug))
        {
            HeaderPolicy.AddDebug(this, lane);
        }
    }

    /// <summary>Notes an upstream call that failed, once it is known what that does to the lane.</summary>
    /// <param name="lease">The hold on the lane.</param>
    /// <param name="reason">What the failure was taken for.</param>
    /// <param name="status">HTTP status; 0 when there was no answer.</param>
    /// <param name="error">What the provider said.</param>
    public void Failed(LaneLease lease, string reason, int status, in ProviderError error) => (Failures ??= []).Add(new FailedAttempt(
        lease.Pool.Name,
        lease.Lane.Name,
        lease.Lane.Provider.Name,
        reason,
        status,
        FailedAttempt.CodeOf(error.Code) ?? FailedAttempt.CodeOf(error.Type),
        TimeSpan.FromMilliseconds(lease.Member.Slot.Cell.CooldownRemainingMs),
        Elapsed));

    /// <summary>The pool that was asked for, where a limit without room sent the request to another one; null where none did.</summary>
    public string? DowngradedFrom { get; set; }

    /// <summary>That limit, the last of them where there were several.</summary>
    public string? DowngradedBy { get; set; }

    /// <summary>Time since arrival.</summary>
    public TimeSpan Elapsed => Snapshot.Time.GetElapsedTime(_started);

    /// <summary>Cuts the connection: the only honest end of an answer that cannot be completed.</summary>
    public void Abort() => _lifetime.Abort();

    /// <summary>Gives the body back, with the memory it was charged with.</summary>
    public void ReleaseBody()
    {
        Prepared.Reset();
        _preparedBeside?.Reset();
        if (Body is { } body)
        {
            Body = null;
            body.Dispose();
            Memory.Release(BodyCharge);
            BodyCharge = 0;
        }
    }

    /// <summary>Gives back what the request held and forgets it.</summary>
    public void End()
    {
        ReleaseBody();
        Memory.ReleaseAll();
        Work.End();
        Timer.Reset();
        Search.Reset();
        Early.Reset();
        BodyLength = 0;
        BodyCharge = 0;
        Pool = null;
        Scan = default;
        Route = default;
        Caller = default;
        Usage = default;
        DeliveredText = 0;
        CommittedLane = null;
        Outcome = default;
        ServedBy = null;
        Choice = null;
        ServedIn = null;
        CalledAt = 0;
        Trace = null;
        Trial = null;
        Lost = default;
        Reason = null;
        Failures = null;
        Reservation.Settled = null;
        Reservation.RefusedBy = null;
        Reservation.RefusedBySession = null;
        Reservation.Session = null;
        Reservation.Asked = null;
        Reservation.Labels = "";
        DowngradedFrom = null;
        DowngradedBy = null;
        Attempts = 0;
        CallsGivenUp = 0;
        Streams = false;
        WantsStreamUsage = false;
        UsageIsLost = false;
        WantsJsonArray = false;
        _requestId = null;
        HeadersAt = 0;
        Cut = default;
        Snapshot = null!;
        Ingress = null!;
        Features = null!;
        _request = null!;
        _response = null!;
        _responseBody = null!;
        _lifetime = null!;
        _requestBody = null!;
    }
}
