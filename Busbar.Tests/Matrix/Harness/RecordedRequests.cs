using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Wire.Json;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>The recorded calls of the chat endpoints, and how their routes read them.</summary>
internal static class RecordedRequests
{
    /// <summary>Calls that the provider accepted.</summary>
    public static IEnumerable<CorpusExchange> Accepted(ProtocolId protocol) =>
        Corpus.Of(protocol).Where(exchange => exchange.Status is >= 200 and < 300 && IsChat(exchange));

    /// <summary>Whether the call goes to the protocol's chat endpoint with a JSON object.</summary>
    public static bool IsChat(CorpusExchange exchange) =>
        exchange.Request is { } request
        && request.Body.Span.TrimStart(" \r\n\t"u8).StartsWith("{"u8)
        && IsChatPath(exchange.Protocol, request.Path)
        && Has(request.Body, exchange.Protocol switch
        {
            ProtocolId.Gemini => "contents",
            ProtocolId.Responses => "input",
            _ => "messages",
        });

    /// <summary>Whether the call asks for a stream.</summary>
    public static bool Streams(CorpusExchange exchange) =>
        exchange.Streaming || exchange.Request!.Path.Contains("stream", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads the call with its own protocol.</summary>
    public static GatewayError? Read(CorpusExchange exchange, ChatRequest request) =>
        ProtocolTable.Get(exchange.Protocol).ReadRequest(exchange.Request!.Body, JsonText.From(exchange.Model), Streams(exchange), request);

    private static bool IsChatPath(ProtocolId protocol, string path) => protocol switch
    {
        ProtocolId.Anthropic => !path.EndsWith("count_tokens", StringComparison.Ordinal),
        ProtocolId.Gemini => path.Contains("enerateContent", StringComparison.Ordinal),
        ProtocolId.Bedrock => path.Contains("/converse", StringComparison.Ordinal),
        ProtocolId.Responses => path.EndsWith("/responses", StringComparison.Ordinal),
        _ => true,
    };

    private static bool Has(ReadOnlyMemory<byte> body, string member)
    {
        using JsonDocument document = JsonDocument.Parse(body);
        return document.RootElement.TryGetProperty(member, out _);
    }
}
