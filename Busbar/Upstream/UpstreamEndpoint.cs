using System.Collections.Concurrent;
using System.Security.Cryptography;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Models;
using Busbar.Upstream.Credentials;
using Busbar.Upstream.Identity;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Upstream;

/// <summary>
/// Everything about calling one model at one provider that does not change between requests: addresses, headers, the credential,
/// what the model accepts. One per lane and configuration snapshot.
/// </summary>
internal sealed class UpstreamEndpoint
{
    private static readonly UriCreationOptions KeepSpelling = new() { DangerousDisablePathAndQueryCanonicalization = true };

    private readonly Uri _plain;
    private readonly Uri _streamed;
    private readonly ConcurrentDictionary<EgressCall, Uri> _others = [];
    private readonly Credential _credential;
    private readonly string _userAgent;
    private readonly TimeProvider _time;

    /// <summary>Prepares calls of <paramref name="model"/> with the key at <paramref name="keyIndex"/>.</summary>
    public UpstreamEndpoint(UpstreamProvider provider, ModelConfig model, int keyIndex, GatewayConfig config, string userAgent, TimeProvider time)
    {
        Provider = provider;
        Protocol = ProtocolTable.Get(provider.Config.Protocol, provider.Config.Platform);
        Target = new EgressTarget
        {
            WireModel = provider.Config.Deployments.GetValueOrDefault(model.UpstreamModel, model.UpstreamModel),
            Capabilities = CapabilitiesOf(provider.Config, model),

            // What the model can write, so that no answer ends early for want of a limit that nobody set. Above 64,000 some models of a family ask
            // for more than a limit.
            DefaultMaxTokens = model.DefaultMaxTokens ?? config.Limits.DefaultMaxTokens ?? Math.Min(OutputMax(model) ?? 4096, 64_000),
            MaxOutputTokens = OutputMax(model),
            AnthropicVersion = provider.Config.AnthropicVersion ?? "2023-06-01",
            UserKey = UserKey(provider.Config),
        };
        ModelJson = JsonSlice.From(System.Text.Encoding.UTF8.GetBytes($"\"{System.Text.Encoding.UTF8.GetString(Target.WireModelText.Span)}\"")).Raw;
        Named = PlatformPath.Name(provider.Config, Target.WireModel);
        _plain = Address(new EgressCall(Operation.Chat));
        _streamed = Address(new EgressCall(Operation.Chat, Stream: true));
        IReadOnlyList<Secret> keys = provider.Config.ApiKeys;
        _credential = new Credential(provider.Config, keyIndex < keys.Count ? keys[keyIndex] : null);
        _userAgent = userAgent;
        _time = time;
    }

    /// <summary>The provider's connections.</summary>
    public UpstreamProvider Provider { get; }

    /// <summary>The protocol the provider speaks.</summary>
    public Protocol Protocol { get; }

    /// <summary>What the provider has refused to take of this lane's requests.</summary>
    public RefusedFields Refused { get; } = new();

    /// <summary>The model, for request writers.</summary>
    public EgressTarget Target { get; }

    /// <summary>
    /// The model as paths and bodies that repeat them name it: with project, location and publisher where the platform wants those.
    /// </summary>
    public string Named { get; }

    /// <summary>The wire model as a quoted JSON string, for splicing.</summary>
    public ReadOnlyMemory<byte> ModelJson { get; }

    /// <summary>
    /// A request ready to send, with the provider's own headers. <paramref name="callerToken"/> is used as the credential in passthrough mode, where
    /// the lane's own key must never stand in for it; null means "use the lane's key".
    /// </summary>
    public UpstreamRequest NewRequest(in SplicedBody body, in EgressCall call, CallerCredential callerToken)
    {
        bool isUsual = call is { Operation: Operation.Chat, Version: null, JsonArray: false };
        Uri address = !isUsual ? _others.GetOrAdd(call, static (call, endpoint) => endpoint.Address(call), this) : call.Stream ? _streamed : _plain;
        var request = new UpstreamRequest(address, body) { AwaitsCredential = Provider.Identity is not null && !callerToken.IsPassthrough };
        request.TryAdd("Accept", call.Stream && !call.JsonArray ? Protocol.StreamContentType : "application/json");
        request.TryAdd("User-Agent", _userAgent);
        _credential.Apply(request, callerToken, _time.GetUtcNow());
        return request;
    }

    /// <summary>
    /// Sends <paramref name="request"/>, with the credential of the gateway's own identity where it needs one. Throws as
    /// <see cref="UpstreamProvider.SendAsync"/> does, and <see cref="IdentityException"/> when there is none.
    /// </summary>
    public ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, CancellationToken cancellation)
    {
        if (!request.AwaitsCredential)
        {
            return Provider.SendAsync(request, cancellation);
        }

        ValueTask<MintedCredential> credential = Provider.Identity!.GetAsync(cancellation);
        return credential.IsCompletedSuccessfully ? SendAsync(request, credential.Result, cancellation)
            : WaitAndSendAsync(request, credential, cancellation);
    }

    private async ValueTask<UpstreamResponse> WaitAndSendAsync(
        UpstreamRequest request, ValueTask<MintedCredential> credential, CancellationToken cancellation) =>
        await SendAsync(request, await credential.ConfigureAwait(false), cancellation).ConfigureAwait(false);

    private ValueTask<UpstreamResponse> SendAsync(UpstreamRequest request, MintedCredential credential, CancellationToken cancellation)
    {
        request.Credential = credential;
        _credential.Apply(request, credential, _time.GetUtcNow());
        return Provider.SendAsync(request, cancellation);
    }

    /// <summary>
    /// Adds to <paramref name="request"/> the headers of the provider's configuration, and what the protocol demands and nobody has said yet.
    /// </summary>
    public void AddDefaultHeaders(UpstreamRequest request)
    {
        foreach ((string name, Secret value) in Provider.Config.Headers)
        {
            request.TrySet(name, value.Reveal());
        }

        if (Protocol.VersionHeader is { } header && !request.Has(header))
        {
            request.TryAdd(header, Target.AnthropicVersion);
        }
    }

    // The larger of what the price list and what the vendor says: a limit that is too high is refused at worst, one that is too low cuts answers.
    private static long? OutputMax(ModelConfig model)
    {
        long known = Math.Max(model.Listed?.OutputMax ?? 0, ModelFacts.Find(model.UpstreamModel)?.MaxOutput ?? 0);
        return known > 0 ? known : null;
    }

    private static Capabilities CapabilitiesOf(ProviderConfig provider, ModelConfig model)
    {
        Capabilities known = ModelCapabilities.For(provider.Protocol, model.UpstreamModel, model.Capabilities);
        return !ProtocolTable.Get(provider.Protocol).HasCallIds(provider.Platform) && !model.Capabilities.ContainsKey("function_call_ids")
            ? known with { FunctionCallIds = false }
            : known;
    }

    private static byte[] UserKey(ProviderConfig provider)
    {
        string secret = provider.ApiKeys.Count > 0 ? provider.ApiKeys[0].Reveal() : provider.Name;
        return HMACSHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret), "end users of requests"u8);
    }

    // A configured path stands for chat alone: what else the provider has is where its protocol puts it.
    private Uri Address(in EgressCall call)
    {
        string? configured = call.Operation == Operation.Chat ? Provider.Config.Path : null;
        return new Uri(configured is null ? Join(Provider.Config.BaseUrl, PlatformPath.Of(Provider.Config, Protocol, Named, call))
            : Provider.Config.BaseUrl + configured, KeepSpelling);
    }

    /// <summary>
    /// Puts a protocol's path behind a base address. An address that ends in a version (<c>/v1</c>, <c>/v4</c>, <c>/v1beta</c>), as vendors' SDKs
    /// want it, stands for the version that the path begins with.
    /// </summary>
    public static string Join(string baseUrl, string path)
    {
        int slash = path.IndexOf('/', 1);
        int last = baseUrl.LastIndexOf('/');
        bool hasPath = last > baseUrl.IndexOf("://", StringComparison.Ordinal) + 2;
        return hasPath && slash > 0 && IsVersion(path.AsSpan(1, slash - 1)) && IsVersion(baseUrl.AsSpan(last + 1)) ? baseUrl + path[slash..]
            : baseUrl + path;
    }

    private static bool IsVersion(ReadOnlySpan<char> part) =>
        part.Length > 1 && part[0] == 'v' && char.IsAsciiDigit(part[1])
        && part[1..].TrimStart("0123456789.") is var rest && (rest.IsEmpty || rest.StartsWith("alpha") || rest.StartsWith("beta"));
}
