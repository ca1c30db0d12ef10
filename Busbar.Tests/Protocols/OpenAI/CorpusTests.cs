using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.OpenAI;
using Busbar.Wire.Json;
using JsonTree = System.Text.Json.Nodes.JsonNode;

namespace Busbar.Tests.Protocols.OpenAI;

/// <summary>What holds for every recorded exchange.</summary>
public sealed class CorpusTests
{
    private const string Schema = "openai-chat-responses.schema.json";

    private static IEnumerable<CorpusExchange> Requests =>
        Corpus.Of(ProtocolId.OpenAI).Where(exchange => exchange.Request is { } request && request.Body.Span.IndexOf("\"messages\""u8) > 0);

    private static IEnumerable<CorpusExchange> Answers => Corpus.Of(ProtocolId.OpenAI).Where(exchange => exchange.Status == 200 && !exchange.IsSse);

    private static IEnumerable<CorpusExchange> Streams => Corpus.Of(ProtocolId.OpenAI).Where(exchange => exchange.IsSse && exchange.Status == 200);

    [SkippableFact]
    public void A_request_written_to_its_own_protocol_keeps_everything_but_the_model_and_the_wish_for_usage()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Requests, exchange =>
        {
            var expected = (JsonObject)JsonTree.Parse(exchange.Request!.Body.Span)!;
            using ChatRequest request = ChatRequest.Rent();
            Assert.Null(Chat.Read(exchange.Request.Body, request));
            var written = (JsonObject)JsonTree.Parse(Chat.Write(request, foreign: false))!;
            Assert.Equal("wire-model", (string?)written["model"]);
            foreach (JsonObject body in new[] { expected, written })
            {
                body.Remove("model");
                if (request.Stream)
                {
                    body.Remove("stream_options");
                }
            }

            Assert.True(JsonTree.DeepEquals(expected, written), exchange.Id);
        });
    }

    [SkippableFact]
    public void A_request_written_from_the_representation_fits_the_published_schema_and_reads_back_the_same()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Requests, exchange =>
        {
            using ChatRequest request = ChatRequest.Rent();
            Assert.Null(Chat.Read(exchange.Request!.Body, request));
            byte[] written = Chat.Write(request);
            Assert.Equal([], SchemaCheck.Validate(Schema, "#/components/schemas/CreateChatCompletionRequest", written));
            using ChatRequest again = ChatRequest.Rent();
            Assert.Null(Chat.Read(written, again));
            Assert.True(Chat.Same(written, Chat.Write(again)), exchange.Id);
        });
    }

    [SkippableFact]
    public void An_answer_written_to_its_own_protocol_is_unchanged()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.True(Chat.WrittenUnchanged(Answers) > 100);
    }

    [SkippableFact]
    public void An_answer_written_from_the_representation_has_every_key_and_reads_back_the_same()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Answers, exchange =>
        {
            using ChatResponse response = ChatResponse.Rent();
            if (!OpenAIProtocol.Instance.ReadResponse(exchange.ResponseBody, response) || response.Failure is not null)
            {
                return;
            }

            byte[] written = Chat.Write(response);
            if (response.StopReason != StopReason.None)
            {
                Assert.Equal([], SchemaCheck.Validate(Schema, "#/components/schemas/CreateChatCompletionResponse", written));
            }

            using ChatResponse again = ChatResponse.Rent();
            Assert.True(OpenAIProtocol.Instance.ReadResponse(written, again));
            Assert.Equal(response.Usage, again.Usage);
            Assert.True(Chat.Same(written, Chat.Write(again)), exchange.Id);
        });
    }

    [SkippableFact]
    public void Every_recorded_failure_inside_a_200_is_seen()
    {
        Skip.IfNot(Corpus.Exists);
        CorpusExchange[] failures = [.. Answers.Where(exchange => exchange.ResponseBody.Span.TrimStart("\n "u8).StartsWith("{\"error\""u8))];
        Assert.NotEmpty(failures);
        Assert.All(failures, exchange =>
        {
            using ChatResponse response = ChatResponse.Rent();
            Assert.True(OpenAIProtocol.Instance.ReadResponse(exchange.ResponseBody, response));
            Assert.NotNull(response.Failure);
        });
    }

    [SkippableFact]
    public void A_recorded_stream_is_balanced_and_reads_back_the_same_after_writing()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Streams, exchange =>
        {
            List<string> lines = Chat.Lines(exchange.ResponseBody.Span);
            Assert.StartsWith("message ", lines[0]);
            Assert.True(lines[^1] == "end" || lines[^1].StartsWith("error "), exchange.Id);
            if (lines[^1] != "end")
            {
                return;
            }

            Assert.Equal(lines.Count(line => line.StartsWith("start ")), lines.Count(line => line.StartsWith("stop ")));
            string written = Chat.Restream(exchange.ResponseBody.Span);
            Assert.EndsWith("data: [DONE]\n\n", written);
            Assert.Equal(Comparable(lines), Comparable(Chat.Lines(Encoding.UTF8.GetBytes(written))));
        });
    }

    [SkippableFact]
    public void The_observer_of_a_stream_sees_what_the_reader_sees()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Streams, exchange =>
        {
            IStreamTap tap = Chat.Observed(exchange.ResponseBody.Span);
            (Usage usage, bool isComplete, StreamError? error) = Chat.Told(exchange.ResponseBody.Span);
            Assert.True(error is not null || usage.Equals(tap.Usage), exchange.Id);
            Assert.Equal(error, tap.Error);
            Assert.True(tap.HasContent || error is not null, exchange.Id);
            Assert.True(tap.IsComplete || !isComplete, exchange.Id);
        });
    }

    [SkippableFact]
    public void Random_damage_to_any_body_or_stream_never_throws()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.True(Damage.Survived<Chat>(Corpus.Of(ProtocolId.OpenAI), 12, written => Chat.Chunks(written)) > 1000);
    }

    // Usage comes last when written; no arguments are written as an empty object; a refusal is spelt content_filter.
    private static List<string> Comparable(List<string> lines)
    {
        List<string> result = [.. lines.Where(line => !line.StartsWith("usage ")), .. lines.Where(line => line.StartsWith("usage ")).TakeLast(1)];
        result.RemoveAll(line => line.StartsWith('>') && line.EndsWith(":{}"));
        return [.. result.Select(line => line is "because Refusal" or "because Safety" ? "because Safety" : line is "because Other" or "because Error"
            ? "because EndTurn" : line)];
    }
}
