using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Wire;
using Busbar.Wire.Json;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Busbar.Demo;

/// <summary>
/// Serves all simulated providers. The path says which one is meant, and the protocol's own readers and writers, in the roles opposite to the
/// gateway's, give it its protocol: what is simulated is written down once.
/// </summary>
internal sealed class SimulatedApplication(IReadOnlyList<SimulatedProvider> providers, TimeProvider time) : IHttpApplication<IFeatureCollection>
{
    private const string RetryAfterSeconds = "1";

    /// <inheritdoc/>
    public IFeatureCollection CreateContext(IFeatureCollection contextFeatures) => contextFeatures;

    /// <inheritdoc/>
    public void DisposeContext(IFeatureCollection context, Exception? exception)
    {
    }

    /// <inheritdoc/>
    public async Task ProcessRequestAsync(IFeatureCollection context)
    {
        CancellationToken gone = context.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        try
        {
            string target = context.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
            SimulatedProvider? provider = providers.FirstOrDefault(one => target.StartsWith($"/{one.Name}/", StringComparison.Ordinal));
            if (provider is null)
            {
                context.GetRequiredFeature<IHttpResponseFeature>().StatusCode = StatusCodes.Status404NotFound;
                return;
            }

            await AnswerAsync(context, provider, target[(1 + provider.Name.Length)..], gone).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested)
        {
            // Nobody is left to answer.
        }
    }

    private async ValueTask AnswerAsync(IFeatureCollection context, SimulatedProvider provider, string path, CancellationToken gone)
    {
        long started = time.GetTimestamp();
        Protocol protocol = ProtocolTable.Get(provider.Protocol);
        string plain = protocol.EgressPath(provider.Model, stream: false);
        string streamed = protocol.EgressPath(provider.Model, stream: true);
        if (path != plain && path != streamed)
        {
            await RefuseAsync(context, protocol, new GatewayError(ErrorKind.NotFound), gone).ConfigureAwait(false);
            return;
        }

        using var body = new MemoryStream();
        await context.GetRequiredFeature<IHttpRequestFeature>().Body.CopyToAsync(body, gone).ConfigureAwait(false);
        using ChatRequest request = ChatRequest.Rent();
        JsonText model = JsonText.From(provider.Model);
        bool pathSaysStream = plain != streamed && path == streamed;
        GatewayError? refusal = protocol.ReadRequest(body.GetBuffer().AsMemory(0, (int)body.Length), model, pathSaysStream, request)
            ?? (provider.RefusesNext() ? new GatewayError(ErrorKind.RateLimit) : null);
        if (refusal is { } error)
        {
            await RefuseAsync(context, protocol, error, gone).ConfigureAwait(false);
            return;
        }

        using ChatResponse answer = ChatResponse.Rent();
        SimulatedAnswer.Build(provider, request, answer);
        Name(context, protocol, protocol.NewRequestId());
        var identity = new ResponseIdentity(protocol.NewResponseId(), time.GetUtcNow().ToUnixTimeSeconds(), model);
        if (pathSaysStream || (plain == streamed && request.Stream))
        {
            context.GetRequiredFeature<IHttpResponseFeature>().Headers.ContentType = protocol.StreamContentType;
            var stream = new StreamContext(identity, request.IncludeUsage, JsonArray: false,
                () => (long)time.GetElapsedTime(started).TotalMilliseconds);
            using IStreamWriter writer = protocol.NewStreamWriter(stream);
            await new SimulatedStream(writer, context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer, time)
                .WriteAsync(answer, provider.CutsNext(), gone).ConfigureAwait(false);
            return;
        }

        using var output = new PooledBuffer();
        Losses losses = default;
        protocol.WriteResponse(answer, identity, new JsonWriter(output), ref losses);
        await WriteJsonAsync(context, StatusCodes.Status200OK, output, gone).ConfigureAwait(false);
    }

    private static async ValueTask RefuseAsync(IFeatureCollection context, Protocol protocol, GatewayError error, CancellationToken gone)
    {
        IHeaderDictionary headers = context.GetRequiredFeature<IHttpResponseFeature>().Headers;
        string requestId = protocol.NewRequestId();
        Name(context, protocol, requestId);
        if (protocol.ErrorTypeHeader is { } header && protocol.ErrorType(error) is { } type)
        {
            headers[header] = type;
        }

        if (error.Kind == ErrorKind.RateLimit)
        {
            headers.RetryAfter = RetryAfterSeconds;
        }

        using var output = new PooledBuffer();
        protocol.WriteError(error, requestId, new JsonWriter(output));
        await WriteJsonAsync(context, protocol.StatusOf(error), output, gone).ConfigureAwait(false);
    }

    private static void Name(IFeatureCollection context, Protocol protocol, string requestId)
    {
        if (protocol.RequestIdHeader is { } header)
        {
            context.GetRequiredFeature<IHttpResponseFeature>().Headers[header] = requestId;
        }
    }

    private static async ValueTask WriteJsonAsync(IFeatureCollection context, int status, PooledBuffer json, CancellationToken gone)
    {
        IHttpResponseFeature response = context.GetRequiredFeature<IHttpResponseFeature>();
        response.StatusCode = status;
        response.Headers.ContentType = "application/json";
        response.Headers.ContentLength = json.Length;
        await context.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(json.Memory, gone).ConfigureAwait(false);
    }
}
