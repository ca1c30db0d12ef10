using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Responses;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Responses;

/// <summary>Short forms of what the tests of this folder do over and over.</summary>
internal static class Exchange
{
    public const string Schemas = "openai-chat-responses.schema.json";

    private static readonly ResponsesProtocol Protocol = ResponsesProtocol.Instance;

    /// <summary>Recorded requests to the responses endpoint.</summary>
    public static IEnumerable<CorpusExchange> Requests => Corpus.Of(ProtocolId.Responses)
        .Where(exchange => exchange.Request is { Body.Length: > 4 } request && request.Path.EndsWith("/responses", StringComparison.Ordinal));

    /// <summary>Recorded whole answers.</summary>
    public static IEnumerable<CorpusExchange> Answers => Corpus.Of(ProtocolId.Responses)
        .Where(exchange => exchange.IsUnaryAnswer && exchange.Request?.Path.EndsWith("input_tokens", StringComparison.Ordinal) != true);

    /// <summary>Recorded streams.</summary>
    public static IEnumerable<CorpusExchange> Streams => Corpus.Of(ProtocolId.Responses).Where(exchange => exchange is { Status: 200, IsSse: true });

    public static ChatRequest Read(string body) => Read(Encoding.UTF8.GetBytes(body));

    public static ChatRequest Read(ReadOnlyMemory<byte> body)
    {
        ChatRequest request = ChatRequest.Rent();
        GatewayError? error = Protocol.ReadRequest(body, default, false, request);
        Assert.Null(error);
        return request;
    }

    public static GatewayError? Refusal(string body)
    {
        using ChatRequest request = ChatRequest.Rent();
        return Protocol.ReadRequest(Encoding.UTF8.GetBytes(body), default, false, request);
    }

    public static (byte[] Json, Losses Losses) Write(ChatRequest request, string model = "gpt-test", Capabilities? capabilities = null)
    {
        using var buffer = new PooledBuffer();
        var losses = default(Losses);
        Protocol.WriteRequest(request, new EgressTarget { WireModel = model, Capabilities = capabilities ?? Capabilities.Default },
            new JsonWriter(buffer), ref losses);
        return (buffer.Span.ToArray(), losses);
    }

    /// <summary>Writes a request as one that came from another protocol: nothing is replayed.</summary>
    public static (JsonElement Json, Losses Losses) WriteForeign(ChatRequest request, Capabilities? capabilities = null)
    {
        request.Source = ProtocolId.Anthropic;
        request.Extra.Clear();
        (byte[] json, Losses losses) = Write(request, capabilities: capabilities);
        return (Parse(json), losses);
    }

    public static ChatResponse ReadAnswer(string body) => ReadAnswer(Encoding.UTF8.GetBytes(body));

    public static ChatResponse ReadAnswer(ReadOnlyMemory<byte> body)
    {
        ChatResponse response = ChatResponse.Rent();
        Assert.True(Protocol.ReadResponse(body, response));
        return response;
    }

    public static (byte[] Json, Losses Losses) WriteAnswer(ChatResponse response)
    {
        using var buffer = new PooledBuffer();
        var losses = default(Losses);
        Protocol.WriteResponse(response, Identity, new JsonWriter(buffer), ref losses);
        return (buffer.Span.ToArray(), losses);
    }

    public static ResponseIdentity Identity => new("resp_test", 1700000000, JsonText.From("lane-model"));

    public static JsonElement Parse(ReadOnlyMemory<byte> json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    public static JsonElement Parse(string json) => Parse(Encoding.UTF8.GetBytes(json));

    /// <summary>Blocks in a comparable form.</summary>
    public static string Show(IEnumerable<Block> blocks) => string.Join('\n', blocks.Select(Show));

    private static string Show(Block block) =>
        $"{block.Kind} text={block.Text} id={(block.Kind is BlockKind.ToolUse or BlockKind.ToolResult ? block.Id.ToString() : "")} name={block.Name} "
        + $"input={block.Input}{block.InputText} custom={block.IsCustomTool} sig={block.Signature} data={block.Data} phase={block.Phase} "
        + $"cites=[{string.Join(';', (block.Citations ?? []).Select(cite => $"{cite.Url} {cite.Title} {cite.TextStart}-{cite.TextEnd}"))}] "
        + $"children=({Show(block.Children ?? [])})";
}
