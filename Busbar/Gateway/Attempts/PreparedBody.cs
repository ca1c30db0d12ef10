using Busbar.Gateway.Memory;
using Busbar.Gateway.Relay;
using Busbar.Gateway.Work;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Response;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Upstream;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Gateway.Attempts;

/// <summary>
/// The body of a request as a provider gets it: the client's bytes with the model spliced, or what was translated from them. Made once for each
/// target, however many lanes are tried, and before a lane is held where that may take long. Kept with its exchange, and given back with its body.
/// </summary>
internal sealed class PreparedBody(Exchange exchange)
{
    /// <summary>The parameter that asks OpenAI for the usage of a stream.</summary>
    public const string StreamOptions = "stream_options";

    private UpstreamEndpoint? _endpoint;
    private string[] _refused = [];
    private long _charged;

    /// <summary>What was written here; null where the client's own bytes go up.</summary>
    public PooledBuffer? Written { get; private set; }

    /// <summary>What is to be sent; meaningless where there is a <see cref="Refusal"/>.</summary>
    public SplicedBody Body { get; private set; }

    /// <summary>What to tell the client when this target cannot take the request at all.</summary>
    public GatewayError? Refusal { get; private set; }

    /// <summary>What translation must remember between request and answer; null for the client's own bytes.</summary>
    public TranslationContext? Translation { get; private set; }

    /// <summary>What was asked, to be kept with the answer for requests that refer to it; null when the answer is not to be kept here.</summary>
    public byte[]? KeptInput { get; private set; }

    /// <summary>Whether the provider is asked for a usage that the client did not ask for.</summary>
    public bool HidesUsage { get; private set; }

    /// <summary>What the client's body said that the provider reads in headers.</summary>
    public ReframedHeaders FromBody { get; private set; }

    /// <summary>Betas that the body asks for and the provider's configuration denies: they were left out.</summary>
    public IReadOnlyList<string> DeniedBetas { get; private set; } = [];

    /// <summary>
    /// Whether client and provider speak different protocols, or the client mixes two (Cursor sends Responses bodies to the Chat path).
    /// </summary>
    public static bool IsTranslated(Exchange exchange, UpstreamEndpoint endpoint) => endpoint.Protocol.Id != exchange.Ingress.Id
        || exchange is { Ingress.Traffic.OtherBodies: not null, Route.Operation: Operation.Chat, Scan: { HasInput: true, HasMessages: false } };

    /// <summary>Whether it is prepared, and just as <paramref name="endpoint"/> needs it.</summary>
    public bool Suits(UpstreamEndpoint endpoint) =>
        _endpoint is not null && endpoint.Refused.Names.SequenceEqual(_refused)
        && (endpoint == _endpoint || (Translation is not null && IsTranslated(exchange, endpoint) && endpoint.Protocol == _endpoint.Protocol
            && endpoint.Target.IsSameAs(_endpoint.Target)));

    /// <summary>Prepares it for <paramref name="endpoint"/>, unless that takes long or memory must be waited for.</summary>
    public bool TryPrepare(UpstreamEndpoint endpoint)
    {
        if (TakesLong(endpoint))
        {
            return false;
        }

        Forget();
        long missing = Missing(endpoint);
        if (!exchange.Memory.TryTake(missing))
        {
            return false;
        }

        _charged += missing;
        Prepare(endpoint);
        return true;
    }

    /// <summary>
    /// As <see cref="TryPrepare"/>, waiting for what it takes; no lane should be held meanwhile. Throws <see cref="OverloadException"/> when the wait
    /// is too long.
    /// </summary>
    public async ValueTask PrepareAsync(UpstreamEndpoint endpoint)
    {
        Forget();
        long work = TakesLong(endpoint) ? exchange.BodyLength : 0;
        await exchange.Work.TakeAsync(exchange, work).ConfigureAwait(false);
        long missing = Missing(endpoint);
        if (!exchange.Memory.TryTake(missing))
        {
            exchange.Work.End();
            await exchange.Memory.TakeAsync(missing, exchange.ClientGone).ConfigureAwait(false);
            _charged += missing;
            await exchange.Work.TakeAsync(exchange, work).ConfigureAwait(false);
        }
        else
        {
            _charged += missing;
        }

        Prepare(endpoint);
        exchange.Work.End();
    }

    /// <summary>Somebody may still read what was prepared when it is given back.</summary>
    public void DetachFromPool()
    {
        Written?.DetachFromPool();
        exchange.Body?.DetachFromPool();
    }

    /// <summary>Gives everything back.</summary>
    public void Reset()
    {
        Forget();
        exchange.Memory.Release(_charged);
        _charged = 0;
    }

    // What is charged stays so: the next target takes as much.
    private void Forget()
    {
        Written?.Dispose();
        Written = null;
        _endpoint = null;
        Body = default;
        Refusal = null;
        Translation = null;
        KeptInput = null;
        HidesUsage = false;
        FromBody = default;
        DeniedBetas = [];
    }

    // What goes up as it came is only pointed at, unless it is put into another frame or something in it may have to change.
    private bool TakesLong(UpstreamEndpoint endpoint) => exchange.BodyLength >= WorkGate.LargeBytes
        && (IsTranslated(exchange, endpoint) || endpoint.Protocol != exchange.Ingress || exchange.Scan.HasMark || MayRepeatModel
            || BodyBetas.MayDeny(endpoint.Provider.Config));

    // A Gemini body may repeat the model of its path, at depths that the scan does not reach outside of chat.
    private bool MayRepeatModel => exchange.Route.Model is not null && (exchange.Route.Operation != Operation.Chat || exchange.Scan.HasModel);

    private long Missing(UpstreamEndpoint endpoint) =>
        IsTranslated(exchange, endpoint) ? Math.Max(0, Expansion.Of(exchange.Body!.Span, exchange.Scan) - _charged) : 0;

    private void Prepare(UpstreamEndpoint endpoint)
    {
        if (IsTranslated(exchange, endpoint))
        {
            Translate(endpoint);
        }
        else
        {
            Body = SameProtocolBody(endpoint);
        }

        (_endpoint, _refused) = (endpoint, endpoint.Refused.Names.ToArray());

        // What is translated takes no more than its like; the rest was for the way there.
        long spare = _charged - Math.Min(_charged, exchange.BodyLength);
        _charged -= spare;
        exchange.Memory.Release(spare);
    }

    private void Translate(UpstreamEndpoint endpoint)
    {
        Translation = new TranslationContext(exchange.Ingress.Id, endpoint.Protocol.Id, endpoint.Target);
        Written = PooledBuffer.Borrowing(exchange.Body!.Memory);
        using ChatRequest request = ChatRequest.Rent();
        Refusal = RequestTranslation.Translate(
            exchange.Body.Memory, PathModel(), exchange.Streams, exchange.Ingress, endpoint.Protocol, endpoint.Target, Translation, request, Written,
            exchange.ClientGone, exchange.Scan.Entries);
        if (Refusal is not null)
        {
            return;
        }

        KeptInput = KeptAnswers.InputOf(exchange, request);
        exchange.WantsStreamUsage = request.IncludeUsage;
        LeaveOutRefused(endpoint);
        Body = new SplicedBody(Written);
    }

    private void LeaveOutRefused(UpstreamEndpoint endpoint)
    {
        foreach (string name in endpoint.Refused.Names)
        {
            if (Without(name) is { } body)
            {
                Written!.Dispose();
                Written = body;
            }
        }
    }

    /// <summary>What was written, without the parameter <paramref name="name"/>; null when that is not to be had.</summary>
    public PooledBuffer? Without(string name)
    {
        using JsonTape tape = Joined(out PooledBuffer joined);
        using (joined)
        {
            var body = new PooledBuffer(joined.Length);
            if (!RefusedParameter.TryRemove(tape.Root, name, body, out LossField? loss))
            {
                body.Dispose();
                return null;
            }

            if (loss is { } lost)
            {
                Translation!.Losses.Add(lost);
            }

            return body;
        }
    }

    /// <summary>The parameter that <paramref name="error"/> refuses and that was written here; null for none.</summary>
    public string? FindRefused(int status, in ProviderError error)
    {
        using JsonTape tape = Joined(out PooledBuffer joined);
        using (joined)
        {
            return RefusedParameter.Find(status, error, tape.Root);
        }
    }

    private JsonTape Joined(out PooledBuffer joined)
    {
        joined = new PooledBuffer(Written!.WholeLength);
        new SplicedBody(Written).WriteTo(joined);
        var tape = new JsonTape();
        tape.TryParse(joined.Memory);
        return tape;
    }

    private SplicedBody SameProtocolBody(UpstreamEndpoint endpoint)
    {
        List<string>? denied = null;
        ReadOnlyMemory<byte> body = BodyBetas.Without(endpoint.Provider.Config, exchange.Body!.Memory, ref denied);
        DeniedBetas = denied ?? [];

        // Reasoning that another vendor signed, and a client now replays to this one, would be refused; it is taken out here.
        if (exchange.Scan.HasMark)
        {
            Written = PooledBuffer.Borrowing(body);
            Translation = new TranslationContext(exchange.Ingress.Id, endpoint.Protocol.Id, endpoint.Target);
            using ChatRequest request = ChatRequest.Rent();
            if (SameProtocolCleanup.TryRewrite(body, PathModel(), exchange.Streams, exchange.Ingress, endpoint.Target, Translation, request, Written))
            {
                HidesUsage = StreamUsage.IsUnasked(exchange);
                return endpoint.Protocol == exchange.Ingress ? new SplicedBody(Written) : ReframeWritten(endpoint);
            }
        }

        if (endpoint.Protocol != exchange.Ingress)
        {
            Written ??= PooledBuffer.Borrowing(body);
            return Reframed(endpoint, body, Written);
        }

        if (exchange.Route.Model is not null)
        {
            return NamedInPath(endpoint, body);
        }

        if (exchange.Reservation.IsOpen && StreamUsage.IsUnasked(exchange) && !endpoint.Refused.Contains(StreamOptions))
        {
            HidesUsage = true;
            Written ??= PooledBuffer.Borrowing(body);
            StreamUsage.Write(body, exchange.Scan, endpoint.ModelJson, Written);
            return new SplicedBody(Written);
        }

        return new SplicedBody(body, exchange.Scan, endpoint.ModelJson);
    }

    // The same protocol in another platform's frame.
    private SplicedBody Reframed(UpstreamEndpoint endpoint, ReadOnlyMemory<byte> body, PooledBuffer output)
    {
        List<string> betas = HeaderPolicy.BetasOf(endpoint.Provider.Config, exchange.RequestHeaders);
        var ask = new ReframeRequest(exchange.Route.Operation, exchange.Streams, endpoint.ModelJson, endpoint.Target.DefaultMaxTokens, betas);
        FromBody = endpoint.Protocol.Reframe(body, ask, output);
        return new SplicedBody(output);
    }

    private SplicedBody ReframeWritten(UpstreamEndpoint endpoint)
    {
        using var whole = new PooledBuffer(Written!.WholeLength);
        new SplicedBody(Written).WriteTo(whole);
        Written.Dispose();
        Written = new PooledBuffer(whole.Length);
        return Reframed(endpoint, whole.Memory, Written);
    }

    private SplicedBody NamedInPath(UpstreamEndpoint endpoint, ReadOnlyMemory<byte> body)
    {
        if (!MayRepeatModel)
        {
            return new SplicedBody(body);
        }

        Written ??= PooledBuffer.Borrowing(body);
        return endpoint.Protocol.RenameModels(body, endpoint.Named, Written) ? new SplicedBody(Written) : new SplicedBody(body);
    }

    private JsonText PathModel() => JsonText.From(exchange.Route.Model);
}
