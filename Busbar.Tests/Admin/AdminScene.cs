using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Busbar.Admin;
using Busbar.Admin.Process;
using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Store;
using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;
using Busbar.Observability.Metrics;
using Busbar.Tests.Configuration;
using Busbar.Tests.Governance;
using Busbar.Wire;
using Busbar.Wire.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Admin;

/// <summary>An admin API over a store in memory. Each answer is checked against the document that describes it.</summary>
internal sealed class AdminScene : IAsyncDisposable
{
    public const string Token = "canary-admin-token";
    public const string ReadToken = "canary-read-token";
    public const string MasterKey = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

    private static readonly JsonElement Document = JsonDocument.Parse(ProcessEndpoints.OpenApiDocument.ToArray()).RootElement;

    private readonly AdminApi _api;

    public AdminScene(string more = ", master_key_env: MASTER", KeyGenerator? generator = null)
    {
        GatewayConfig config = Load(more);
        Gateway = new FakeGateway(config, Time);
        Governor = Governor.Open(config.Governance, Store, Time, Log);
        _api = new AdminApi(Governor, Gateway, Time, Log, Rejections, generator);
    }

    public AdminApi Api => _api;

    public Counter Rejections { get; } = new();

    public FakeTimeProvider Time { get; } = new(DateTimeOffset.FromUnixTimeSeconds(1_767_225_600));

    public MemoryStore Store { get; } = new();

    public LogLines Log { get; } = new();

    public FakeGateway Gateway { get; }

    public Governor Governor { get; }

    public static GatewayConfig Load(string more) => ConfigText.Valid(
        ConfigText.With(
            more: $"governance: {{enabled: true, admin_token: {Token}, admin_read_token: {ReadToken}, price_per_request_cents: 1{more}}}"),
        new FakeEnvironment(("OPENAI_KEY", "canary-provider-key"), ("MASTER", MasterKey)));

    public Task<AdminAnswer> SendAsync(string method, string target, string? body = null, string token = Token, string? contentType =
        "application/json", params (string Name, string Value)[] headers) =>
        SendAsync(method, target, body is null ? null : Encoding.UTF8.GetBytes(body),
            [("Authorization", $"Bearer {token}"), .. contentType is null ? [] : (ReadOnlySpan<(string, string)>)[("Content-Type", contentType)],
            .. headers]);

    public async Task<AdminAnswer> SendAsync(string method, string target, byte[]? body, params (string Name, string Value)[] headers)
    {
        var carried = new HeaderDictionary();
        foreach ((string name, string value) in headers)
        {
            carried.Append(name, value);
        }

        string[] parts = target.Split('?', 2);
        using AdminReply reply = await _api.HandleAsync(new AdminRequest
        {
            Method = method,
            Path = parts[0],
            Query = parts.Length > 1 ? parts[1] : "",
            Headers = carried,
            Source = "192.0.2.7",
            ReadBody = most => ValueTask.FromResult(Read(body ?? [], most)),
        });
        var answer = new AdminAnswer(reply.Status, Encoding.UTF8.GetString(reply.Body.Span), reply.Allow);
        if (reply.Stream is { } stream)
        {
            return answer with { Body = await ListenAsync(stream) };
        }

        if (reply.ContentType == "application/json" && reply.Trial is null)
        {
            Check(method, parts[0], answer);
        }

        return answer;
    }

    // The events of one second.
    private async Task<string> ListenAsync(Func<PipeWriter, CancellationToken, Task> stream)
    {
        using var heard = new MemoryStream();
        Gateway.Live.Look(() => Gateway.Fleet);
        Gateway.Live.Events.Close();
        await stream(PipeWriter.Create(heard), CancellationToken.None);
        return Encoding.UTF8.GetString(heard.ToArray());
    }

    public async Task<(string Id, string Secret)> CreateAsync(string body = """{"name":"a"}""")
    {
        AdminAnswer answer = await SendAsync("POST", "/admin/keys", body);
        Assert.Equal(201, answer.Status);
        return (answer.Text("id"), answer.Text("secret"));
    }

    public bool Opens(string secret) => Governor.Keys.Find(secret, Time.GetUtcNow().ToUnixTimeSeconds(), out _) is not null;

    public ValueTask DisposeAsync() => Governor.DisposeAsync();

    private static PooledBuffer? Read(byte[] body, long most)
    {
        if (body.Length > most)
        {
            return null;
        }

        var buffer = new PooledBuffer(body.Length + 1);
        buffer.Write(body);
        return buffer;
    }

    private static void Check(string method, string path, AdminAnswer answer)
    {
        JsonElement schema = Document.GetProperty("components").GetProperty("schemas").GetProperty("Error");
        if (AdminRoutes.Match(method, path, out _, out _) is { } route)
        {
            JsonElement responses = Document.GetProperty("paths").GetProperty(route.Pattern).GetProperty(method.ToLowerInvariant())
                .GetProperty("responses");
            Assert.True(responses.TryGetProperty($"{answer.Status}", out JsonElement response),
                $"{method} {route.Pattern} answers {answer.Status}, which is not documented: {answer.Body}");
            schema = response.GetProperty("content").GetProperty("application/json").GetProperty("schema");
        }

        Assert.Empty(SchemaCheck.Validate(Document, schema, answer.Json));
    }
}
