using System.IO.Pipelines;
using Busbar.Admin;
using Busbar.Admin.Process;
using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Protocols;
using Busbar.Wire;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Busbar.Gateway.Routing;

/// <summary>Carries requests to the admin API and its answers back.</summary>
internal static class AdminEndpoint
{
    // Its bodies are at most 64 KiB.
    private static readonly TimeSpan MaxBodyTime = TimeSpan.FromSeconds(10);

    private const string LocalSource = "control socket";

    /// <summary>
    /// Where a request for <c>/admin</c> goes; null for any other. With a listener of its own the admin API is not on this port, and its paths are
    /// as unknown as any.
    /// </summary>
    public static RouteMatch? Route(Exchange exchange) =>
        !AdminRoutes.Owns(exchange.RawPath) ? null
        : new RouteMatch(exchange.Snapshot.Config.Governance is { Enabled: true, AdminListen: not null } ? GatewayEndpoint.None
            : GatewayEndpoint.Admin, ProtocolTable.Usual.Id);

    /// <summary>
    /// Answers a request; <paramref name="tries"/> serves what an operator tries; without an <paramref name="api"/> nobody is let in, and everybody
    /// where the listener <paramref name="isLocal"/>.
    /// </summary>
    public static async ValueTask ServeAsync(IFeatureCollection features, AdminApi? api, Func<IFeatureCollection, Trial, Task> tries, bool isLocal =
        false)
    {
        var request = features.GetRequiredFeature<IHttpRequestFeature>();
        var response = features.GetRequiredFeature<IHttpResponseFeature>();
        CancellationToken gone = features.GetRequiredFeature<IHttpRequestLifetimeFeature>().RequestAborted;
        var target = new RequestTarget(request.RawTarget);
        if (api?.ShowsPage == true && PageEndpoint.TryServe(request.Method, target.Path, request.Headers, response) is { } page)
        {
            await WriteAsync(features, page, gone).ConfigureAwait(false);
            return;
        }

        var call = new AdminRequest
        {
            Method = request.Method,
            Path = target.Path.ToString(),
            Query = target.Query.ToString(),
            Headers = request.Headers,
            Source = isLocal ? LocalSource : SourceOf(features, request.Headers, api),
            IsLocal = isLocal,
            ReadBody = most => ReadBodyAsync(features, request.Headers.ContentLength, most, gone),
        };
        using AdminReply reply = api is null ? Refused() : await api.HandleAsync(call).ConfigureAwait(false);
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (reply.Trial is { } trial)
        {
            await tries(features, trial).ConfigureAwait(false);
            return;
        }

        response.StatusCode = reply.Status;
        response.Headers.ContentType = reply.ContentType;
        response.Headers.Allow = reply.Allow;
        if (reply.Stream is { } stream)
        {
            await StreamAsync(features, stream, gone).ConfigureAwait(false);
            return;
        }

        response.Headers.ContentLength = reply.Body.Length;
        if (reply.Status == StatusCodes.Status401Unauthorized)
        {
            response.Headers.WWWAuthenticate = "Bearer";
        }

        await WriteAsync(features, reply.Body.Memory, gone).ConfigureAwait(false);
    }

    private static async ValueTask WriteAsync(IFeatureCollection features, ReadOnlyMemory<byte> body, CancellationToken gone)
    {
        if (body.IsEmpty)
        {
            // A status such as 304 must not have a body, not even an empty one.
            return;
        }

        try
        {
            await features.GetRequiredFeature<IHttpResponseBodyFeature>().Writer.WriteAsync(body, gone).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // The client is gone; what it asked for is done.
        }
    }

    private static async ValueTask StreamAsync(IFeatureCollection features, Func<PipeWriter, CancellationToken, Task> stream, CancellationToken gone)
    {
        try
        {
            await stream(features.GetRequiredFeature<IHttpResponseBodyFeature>().Writer, gone).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // Who listens is gone, or takes nothing.
            features.GetRequiredFeature<IHttpRequestLifetimeFeature>().Abort();
        }
    }

    private static async ValueTask<PooledBuffer?> ReadBodyAsync(IFeatureCollection features, long? length, long most, CancellationToken gone)
    {
        BodyRead read = await BodyReader.ReadAsync(
            features.GetRequiredFeature<IRequestBodyPipeFeature>().Reader, null, length, most, MaxBodyTime, new CallTimer(), gone)
                .ConfigureAwait(false);
        return read.End == BodyEnd.TooSlow ? throw new IOException("the body was not received in time") : read.Body;
    }

    private static string SourceOf(IFeatureCollection features, IHeaderDictionary headers, AdminApi? api) =>
        ClientAddress.Of(features.Get<IHttpConnectionFeature>()?.RemoteIpAddress, headers, api?.TrustedProxies ?? [])?.ToString() ?? "unknown";

    private static AdminReply Refused()
    {
        var reply = new AdminReply();
        reply.Refuse(AdminApi.NothingToAdminister);
        return reply;
    }
}
