using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Protocols.Translation.Request;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Cohere;

/// <summary>What holds when recorded traffic of the other protocols meets this one.</summary>
public sealed class CrossProtocolTests
{
    private const string Schema = "cohere-v2-chat.schema.json";

    private static readonly EgressTarget Target = new() { WireModel = "wire-model", Capabilities = Capabilities.Default };

    private static IEnumerable<CorpusExchange> Foreign => Corpus.All.Where(exchange => exchange.Protocol != ProtocolId.Cohere);

    [SkippableFact]
    public void Requests_of_every_protocol_become_requests_this_vendor_accepts()
    {
        Skip.IfNot(Corpus.Exists);
        int seen = 0;
        Assert.All(Foreign.Where(exchange => exchange.Request is not null), exchange =>
        {
            if (Translated(exchange, ProtocolId.Cohere) is not { } written)
            {
                return;
            }

            seen++;
            Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/V2ChatRequest", written));
            JsonElement root = JsonDocument.Parse(written).RootElement;
            var called = new HashSet<string>();
            foreach (JsonElement message in root.GetProperty("messages").EnumerateArray())
            {
                switch (message.GetProperty("role").GetString())
                {
                    case "assistant":
                        Assert.True(message.TryGetProperty("content", out _) || message.TryGetProperty("tool_calls", out _));
                        called.UnionWith(message.TryGetProperty("tool_calls", out JsonElement calls)
                            ? calls.EnumerateArray().Select(call => call.GetProperty("id").GetString()!) : []);
                        break;
                    case "tool":
                        Assert.Contains(message.GetProperty("tool_call_id").GetString()!, called);
                        break;
                    default:
                        Assert.NotEqual("\"\"", message.GetProperty("content").GetRawText());
                        break;
                }
            }

            Assert.False(root.TryGetProperty("response_format", out _)
                && (root.TryGetProperty("tools", out _) || root.TryGetProperty("documents", out _)));
        });
        Assert.True(seen > 200);
    }

    [SkippableFact]
    public void Requests_of_this_protocol_become_requests_OpenAI_accepts()
    {
        Skip.IfNot(Corpus.Exists);
        int seen = 0;
        Assert.All(Corpus.Of(ProtocolId.Cohere).Where(exchange => exchange.Request is not null), exchange =>
        {
            if (Translated(exchange, ProtocolId.OpenAI) is { } written)
            {
                seen++;
                Assert.Equal([], SchemaCheck.Validate("openai-chat-responses.schema.json", "#/components/schemas/CreateChatCompletionRequest",
                    written));
            }
        });
        Assert.True(seen > 80);
    }

    [SkippableFact]
    public void Answers_of_every_protocol_become_answers_of_this_one()
    {
        Skip.IfNot(Corpus.Exists);
        int seen = 0;
        Assert.All(Foreign.Where(exchange => exchange.IsUnaryAnswer), exchange =>
        {
            using ChatResponse scratch = ChatResponse.Rent();
            using var output = new PooledBuffer();
            var context = new TranslationContext(ProtocolId.Cohere, exchange.Protocol, Target);
            if (ResponseTranslation.Translate(exchange.ResponseBody, ProtocolTable.Get(exchange.Protocol), ProtocolTable.Get(ProtocolId.Cohere),
                context, Chat.Identity, scratch, output)
                && scratch.Failure is null)
            {
                seen++;
                Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/V2ChatResponse", output.Span.ToArray()));
                Assert.All(Cited(JsonDocument.Parse(output.Span.ToArray()).RootElement.GetProperty("message")),
                    pair => Assert.Equal(pair.Expected, pair.Actual));
            }
        });
        Assert.True(seen > 100);
    }

    [SkippableFact]
    public void Streams_of_every_protocol_become_streams_of_this_one()
    {
        Skip.IfNot(Corpus.Exists);
        int seen = 0;
        Assert.All(Foreign.Where(exchange => exchange.IsSse && exchange.Status == 200), exchange =>
        {
            string written = Restreamed(exchange);
            if (written.Length == 0)
            {
                return;
            }

            seen++;
            int open = 0;
            List<JsonElement> chunks = Chat.Chunks(written);
            foreach (JsonElement chunk in chunks)
            {
                string type = chunk.GetProperty("type").GetString()!;
                open += type.EndsWith("-start") ? 1 : type.EndsWith("-end") ? -1 : 0;
                Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/V2ChatStreamResponse", Encoding.UTF8.GetBytes(chunk.GetRawText())));
            }

            Assert.Equal(0, open);
            Assert.Equal("message-start", chunks[0].GetProperty("type").GetString());
            Assert.Equal("message-end", chunks[^1].GetProperty("type").GetString());
        });
        Assert.True(seen > 100);
    }

    // What a citation says it cites, and what stands there.
    private static IEnumerable<(string? Expected, string Actual)> Cited(JsonElement message)
    {
        if (!message.TryGetProperty("citations", out JsonElement citations))
        {
            yield break;
        }

        foreach (JsonElement citation in citations.EnumerateArray())
        {
            string text = citation.TryGetProperty("content_index", out JsonElement index)
                ? message.GetProperty("content")[index.GetInt32()].GetProperty("text").GetString()!
                : message.GetProperty("tool_plan").GetString()!;
            int start = citation.GetProperty("start").GetInt32();
            yield return (citation.GetProperty("text").GetString(),
                string.Concat(text.EnumerateRunes().Skip(start).Take(citation.GetProperty("end").GetInt32() - start)));
        }
    }

    private static byte[]? Translated(CorpusExchange exchange, ProtocolId to)
    {
        using ChatRequest request = ChatRequest.Rent();
        using var output = new PooledBuffer();
        var context = new TranslationContext(exchange.Protocol, to, Target);
        GatewayError? refused = RequestTranslation.Translate(
            exchange.Request!.Body, JsonText.From("m"), exchange.Streaming, ProtocolTable.Get(exchange.Protocol), ProtocolTable.Get(to), Target,
            context, request, output);
        return refused is null ? output.Span.ToArray() : null;
    }

    private static string Restreamed(CorpusExchange exchange)
    {
        using var output = new PooledBuffer();
        using var stream = new StreamTranslation(
            ProtocolTable.Get(exchange.Protocol), ProtocolTable.Get(ProtocolId.Cohere), new(ProtocolId.Cohere, exchange.Protocol, Target),
            new StreamContext(Chat.Identity, false, false, () => 0));
        using IFramer framer = ProtocolTable.Get(exchange.Protocol).NewFramer();
        exchange.ResponseBody.Span.CopyTo(framer.GetMemory(exchange.ResponseBody.Length).Span);
        framer.Advance(exchange.ResponseBody.Length);
        framer.Complete();
        while (framer.TryRead(out Frame frame) == FrameResult.Frame)
        {
            stream.Feed(frame, output);
        }

        stream.Complete(output);
        if (!stream.IsComplete)
        {
            return "";
        }

        return Encoding.UTF8.GetString(output.Span);
    }
}
