using System.IO.Pipelines;
using Busbar.Configuration.Model;
using Busbar.Gateway;
using Busbar.Ir;
using Busbar.Gateway.Routing;
using Busbar.Protocols;
using Busbar.Reliability;
using Busbar.Tests.Configuration;
using Microsoft.AspNetCore.Http.Features;

namespace Busbar.Tests.Gateway;

/// <summary>An exchange without a server: a client whose end of the pipe the test holds.</summary>
internal sealed class LooseExchange : IHttpResponseBodyFeature, IRequestBodyPipeFeature, IHttpRequestLifetimeFeature
{
    private readonly CancellationTokenSource _aborted = new();
    private readonly GatewaySnapshot _snapshot;
    private readonly FeatureCollection _features = new();

    /// <summary>An exchange under these limits; what is written waits once a kilobyte was not read.</summary>
    public LooseExchange(string limits)
    {
        GatewayConfig config = ConfigText.Valid(ConfigText.With(more: $"limits: {limits}"));
        _snapshot = new GatewaySnapshot(config, Fleet.Create(config, TimeProvider.System), new Busbar.Observability.Metrics.Metrics(),
            TimeProvider.System);
        _features.Set<IHttpRequestFeature>(new HttpRequestFeature());
        _features.Set<IHttpResponseFeature>(new HttpResponseFeature());
        _features.Set<IHttpResponseBodyFeature>(this);
        _features.Set<IRequestBodyPipeFeature>(this);
        _features.Set<IHttpRequestLifetimeFeature>(this);
        RequestAborted = _aborted.Token;
        Begin();
    }

    /// <summary>The exchange.</summary>
    public Exchange Exchange { get; } = new();

    /// <summary>What the client is sent.</summary>
    public Pipe Client { get; } = new(new PipeOptions(pauseWriterThreshold: 1024, resumeWriterThreshold: 512, useSynchronizationContext: false));

    /// <inheritdoc/>
    public CancellationToken RequestAborted { get; set; }

    Stream IHttpResponseBodyFeature.Stream => throw new NotSupportedException();

    PipeWriter IHttpResponseBodyFeature.Writer => Client.Writer;

    PipeReader IRequestBodyPipeFeature.Reader => throw new NotSupportedException();

    /// <summary>Takes hold of a streamed chat request.</summary>
    public void Begin()
    {
        Exchange.Begin(_features, _snapshot, TimeProvider.System.GetTimestamp(), CancellationToken.None);
        Exchange.Ingress = ProtocolTable.Get(ProtocolId.OpenAI);
        Exchange.Route = new RouteMatch(GatewayEndpoint.Chat, ProtocolId.OpenAI);
        Exchange.Streams = true;
    }

    /// <inheritdoc/>
    public void Abort()
    {
        _aborted.Cancel();
        Client.Reader.Complete();
    }

    Task IHttpResponseBodyFeature.CompleteAsync() => Task.CompletedTask;

    void IHttpResponseBodyFeature.DisableBuffering()
    {
    }

    Task IHttpResponseBodyFeature.SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken)
        => throw new NotSupportedException();

    Task IHttpResponseBodyFeature.StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
