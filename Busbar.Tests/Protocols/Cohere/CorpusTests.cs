using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Cohere;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Json;
using JsonTree = System.Text.Json.Nodes.JsonNode;

namespace Busbar.Tests.Protocols.Cohere;

/// <summary>What holds for every recorded exchange.</summary>
public sealed class CorpusTests
{
    private const string Schema = "cohere-v2-chat.schema.json";

    private static readonly string[] Fields =
    [
        "model", "messages", "tools", "strict_tools", "documents", "citation_options", "response_format", "safety_mode", "max_tokens",
        "stop_sequences", "temperature",
        "seed", "frequency_penalty", "presence_penalty", "k", "p", "logprobs", "tool_choice", "thinking", "priority", "stream",
    ];

    private static IEnumerable<CorpusExchange> Requests =>
        Corpus.Of(ProtocolId.Cohere).Where(exchange => exchange.Request is { } request && request.Body.Span.IndexOf("\"messages\""u8) > 0);

    private static IEnumerable<CorpusExchange> Answers => Corpus.Of(ProtocolId.Cohere).Where(exchange => exchange.Status == 200 && !exchange.IsSse);

    private static IEnumerable<CorpusExchange> Streams => Corpus.Of(ProtocolId.Cohere).Where(exchange => exchange.IsSse && exchange.Status == 200);

    [SkippableFact]
    public void A_request_written_to_its_own_protocol_keeps_everything_but_the_model()
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
            Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/V2ChatRequest", written));
            Assert.All(((JsonObject)JsonTree.Parse(written)!).Select(member => member.Key), name => Assert.Contains(name, Fields));
            using ChatRequest again = ChatRequest.Rent();
            Assert.Null(Chat.Read(written, again));
            Assert.True(Chat.Same(written, Chat.Write(again)), exchange.Id);
        });
    }

    [SkippableFact]
    public void An_answer_written_to_its_own_protocol_is_unchanged()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.True(Chat.WrittenUnchanged(Answers) > 50);
    }

    [SkippableFact]
    public void An_answer_written_from_the_representation_fits_the_published_schema_and_reads_back_the_same()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Answers, exchange =>
        {
            using ChatResponse response = ChatResponse.Rent();
            if (!CohereProtocol.Instance.ReadResponse(exchange.ResponseBody, response) || response.Failure is not null)
            {
                return;
            }

            byte[] written = Chat.Write(response);
            Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/V2ChatResponse", written));
            using ChatResponse again = ChatResponse.Rent();
            Assert.True(CohereProtocol.Instance.ReadResponse(written, again));
            Assert.Equal(response.Usage, again.Usage);
            Assert.True(Chat.Same(written, Chat.Write(again)), exchange.Id);
        });
    }

    [SkippableFact]
    public void Recorded_citations_come_back_over_the_same_words()
    {
        Skip.IfNot(Corpus.Exists);
        int seen = 0;
        foreach (CorpusExchange exchange in Answers.Where(exchange => exchange.Tags.Contains("citations")))
        {
            using ChatResponse response = ChatResponse.Rent();
            Assert.True(CohereProtocol.Instance.ReadResponse(exchange.ResponseBody, response));
            JsonTree expected = JsonTree.Parse(exchange.ResponseBody.Span)!["message"]!["citations"]!;
            JsonTree written = JsonTree.Parse(Chat.Rewritten(response).GetRawText())!["message"]!["citations"]!;
            Assert.Equal(expected.AsArray().Select(Cited), written.AsArray().Select(Cited));
            seen += expected.AsArray().Count;
        }

        Assert.True(seen > 20);
    }

    private static string Cited(JsonTree? citation) =>
        $"{citation!["start"]}-{citation["end"]} {citation["text"]}" +
            $" {string.Join(',', citation["sources"]!.AsArray().Select(source => source!["id"]))}";

    [SkippableFact]
    public void A_recorded_stream_is_balanced_and_reads_back_the_same_after_writing()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Streams, exchange =>
        {
            List<string> lines = Chat.Lines(exchange.ResponseBody.Span);
            Assert.StartsWith("message ", lines[0]);
            bool hasFailed = exchange.Tags.Contains("stop:ERROR");
            Assert.Equal(hasFailed ? "error ClientError" : "end", lines[^1]);
            Assert.Equal(lines.Count(line => line.StartsWith("start ")), lines.Count(line => line.StartsWith("stop ")));
            string written = Chat.Restream(exchange.ResponseBody.Span);
            Assert.All(Chat.Chunks(written), chunk => Assert.Equal(
                [], SchemaCheck.Validate(Schema, "#/$defs/V2ChatStreamResponse", Encoding.UTF8.GetBytes(chunk.GetRawText()))));
            if (!hasFailed)
            {
                Assert.Equal(lines[1..], Chat.Lines(Encoding.UTF8.GetBytes(written))[1..]);
            }
        });
        Assert.True(Streams.Count() > 15);
    }

    [SkippableFact]
    public void A_recorded_answer_streamed_or_whole_says_the_same_through_the_sequencer()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Streams, exchange =>
        {
            var events = new StreamEvents();
            using var sequencer = new BlockSequencer();
            Losses losses = default;
            Chat.Stream(exchange.ResponseBody.Span, read => sequencer.Feed(read, events, ref losses));
            int open = 0;
            for (int index = 0; index < events.Count; index++)
            {
                open += events[index].Kind == StreamEventKind.BlockStart ? 1 : events[index].Kind == StreamEventKind.BlockStop ? -1 : 0;
                Assert.InRange(open, 0, 1);
            }

            Assert.True(sequencer.IsEnded, exchange.Id);
            Assert.True(losses.IsEmpty, exchange.Id);
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
            Assert.Equal(usage, tap.Usage);
            Assert.Equal(error, tap.Error);
            Assert.True(tap.HasContent, exchange.Id);
            Assert.Equal(isComplete, tap.IsComplete);
        });
    }

    [SkippableFact]
    public void Random_damage_to_any_body_or_stream_never_throws()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.True(Damage.Survived<Chat>(Corpus.Of(ProtocolId.Cohere), 30, written => Chat.Chunks(written)) > 500);
    }
}
