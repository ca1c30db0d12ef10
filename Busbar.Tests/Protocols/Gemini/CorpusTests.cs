using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Gemini;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;
using JsonTree = System.Text.Json.Nodes.JsonNode;

namespace Busbar.Tests.Protocols.Gemini;

/// <summary>What holds for every recorded exchange.</summary>
public sealed class CorpusTests
{
    private const string Schema = "gemini-v1beta.schema.json";

    private static IEnumerable<CorpusExchange> Requests =>
        Corpus.Of(ProtocolId.Gemini).Where(exchange => exchange.Request is { } request && request.Path.Contains("enerateContent")
            && request.Body.Span.IndexOf("\"contents\""u8) > 0);

    private static IEnumerable<CorpusExchange> Answers => Corpus.Of(ProtocolId.Gemini)
        .Where(exchange => exchange.Status == 200 && !exchange.Streaming);

    private static IEnumerable<CorpusExchange> Streams => Corpus.Of(ProtocolId.Gemini)
        .Where(exchange => exchange.Status == 200 && exchange.Streaming);

    [SkippableFact]
    public void A_request_written_to_its_own_protocol_keeps_everything()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Requests, exchange =>
        {
            using ChatRequest request = ChatRequest.Rent();
            if (Content.Read(exchange.Request!.Body, request) is not null)
            {
                return;
            }

            JsonTree expected = Content.Normal(JsonTree.Parse(exchange.Request.Body.Span)!);
            JsonTree written = Content.Normal(JsonTree.Parse(Content.Write(request, foreign: false))!);
            Assert.True(JsonTree.DeepEquals(expected, written), exchange.Id);
        });
    }

    [SkippableFact]
    public void Almost_every_recorded_request_is_read()
    {
        Skip.IfNot(Corpus.Exists);
        string[] refused = [.. Requests.Where(exchange =>
        {
            using ChatRequest request = ChatRequest.Rent();
            return Content.Read(exchange.Request!.Body, request) is not null;
        }).Select(exchange => exchange.Id + " " + exchange.Status)];
        Assert.True(refused.Length <= 3, string.Join(", ", refused));
    }

    [SkippableTheory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_request_written_from_the_representation_fits_the_published_schema_and_reads_back_the_same(bool takesJsonSchema)
    {
        Skip.IfNot(Corpus.Exists);
        Capabilities capabilities = Capabilities.Default with { JsonSchemaFields = takesJsonSchema };
        Assert.All(Requests, exchange =>
        {
            using ChatRequest request = ChatRequest.Rent();
            if (Content.Read(exchange.Request!.Body, request) is not null)
            {
                return;
            }

            // As the adapter does: what only the vendor runs is written as it was read, whatever its spelling.
            request.Tools.RemoveAll(tool => tool.Kind == ToolKind.Hosted);
            request.Messages.ForEach(message => message.Blocks.RemoveAll(
                block => !block.Raw.IsAbsent && block.Kind is BlockKind.Opaque or BlockKind.ServerToolUse or BlockKind.ServerToolResult));
            byte[] written = Content.Write(request, true, capabilities);
            Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/GenerateContentRequest", written));
            using ChatRequest again = ChatRequest.Rent();
            Assert.Null(Content.Read(written, again));
            Assert.True(Content.Same(written, Content.Write(again, true, capabilities)), exchange.Id);
        });
    }

    [SkippableFact]
    public void An_answer_written_to_its_own_protocol_is_unchanged()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.True(Content.WrittenUnchanged(Answers) > 80);
    }

    [SkippableFact]
    public void An_answer_written_from_the_representation_fits_the_published_schema_and_reads_back_the_same()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Answers, exchange =>
        {
            using ChatResponse response = ChatResponse.Rent();
            if (!GeminiProtocol.Instance.ReadResponse(exchange.ResponseBody, response) || response.Failure is not null)
            {
                return;
            }

            byte[] written = Content.Write(response);
            Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/GenerateContentResponse", written));
            using ChatResponse again = ChatResponse.Rent();
            Assert.True(GeminiProtocol.Instance.ReadResponse(written, again));
            Assert.Equal((response.Usage.TotalInput, response.Usage.Output, response.Usage.Reasoning),
                (again.Usage.TotalInput, again.Usage.Output, again.Usage.Reasoning));
            Assert.True(Content.Same(written, Content.Write(again)), exchange.Id);
        });
    }

    [SkippableTheory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_recorded_stream_is_balanced_and_reads_back_the_same_after_writing(bool asArray)
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Streams, exchange =>
        {
            List<string> lines = Content.Lines(exchange.ResponseBody.Span);
            if (lines[^1] != "end")
            {
                return;
            }

            Assert.Equal(lines.Count(line => line.StartsWith("start ")), lines.Count(line => line.StartsWith("stop ")));

            string written = Content.Restream(exchange.ResponseBody.Span, asArray: asArray);
            Assert.EndsWith(asArray ? "}]" : "}\n\n", written);
            Assert.Equal(Comparable(lines), Comparable(Content.Lines(Encoding.UTF8.GetBytes(written))));
            foreach (JsonElement chunk in asArray ? JsonDocument.Parse(written).RootElement.EnumerateArray() : Content.Chunks(written).AsEnumerable())
            {
                Assert.Equal([], SchemaCheck.Validate(Schema, "#/$defs/GenerateContentResponse", Encoding.UTF8.GetBytes(chunk.GetRawText())));
                Assert.Equal("testResponseId01", chunk.GetProperty("responseId").GetString());
                Assert.NotEqual("", chunk.GetProperty("modelVersion").GetString());
                Assert.Equal(1, chunk.GetProperty("candidates").GetArrayLength());
            }
        });
    }

    [SkippableFact]
    public void A_stream_means_the_same_however_it_is_cut()
    {
        Skip.IfNot(Corpus.Exists);
        foreach (CorpusExchange exchange in Streams.Where(exchange => exchange.ResponseBody.Length < 20_000))
        {
            List<string> whole = Content.Lines(exchange.ResponseBody.Span);
            Assert.Equal(whole, Content.Lines(exchange.ResponseBody.Span, 1));
            Assert.Equal(whole, Content.Lines(exchange.ResponseBody.Span, 7));
        }
    }

    [SkippableFact]
    public void The_observer_of_a_stream_sees_what_the_reader_sees()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.All(Streams, exchange =>
        {
            IStreamTap tap = Content.Observed(exchange.ResponseBody.Span);
            (Usage usage, bool isComplete, StreamError? error) = Content.Told(exchange.ResponseBody.Span);
            Assert.True(error is not null || usage.Equals(tap.Usage), exchange.Id);
            Assert.Equal(error, tap.Error);
            Assert.Equal(isComplete, tap.IsComplete && error is null);
            Assert.True(tap.HasContent || error is not null || !isComplete, exchange.Id);
        });
    }

    [SkippableFact]
    public void Every_recorded_error_gives_its_message_and_status()
    {
        Skip.IfNot(Corpus.Exists);
        CorpusExchange[] errors = [.. Corpus.Of(ProtocolId.Gemini)
            .Where(exchange => exchange.Status >= 400 && exchange.ResponseBody.Span.IndexOf("\"error\""u8) >= 0)];
        Assert.NotEmpty(errors);
        Assert.All(errors, exchange =>
        {
            ProviderError error = GeminiProtocol.Instance.ReadError(exchange.Status, exchange.ResponseBody);
            Assert.False(string.IsNullOrEmpty(error.Message), exchange.Id);
            Assert.False(string.IsNullOrEmpty(error.Type ?? error.Code), exchange.Id);
        });
    }

    [SkippableFact]
    public void Random_damage_to_any_body_or_stream_never_throws()
    {
        Skip.IfNot(Corpus.Exists);
        Assert.True(Damage.Survived<Content>(Corpus.Of(ProtocolId.Gemini).Where(exchange => exchange.ResponseBody.Length < 60_000), 24,
            written => Content.Chunks(written)) > 1000);
    }

    // Counts are written once, at the end; unusual stops share one word; what only the vendor runs writes as it came but is told without a name.
    private static List<string> Comparable(List<string> lines)
    {
        var result = new List<string>();
        var kinds = new Dictionary<string, string>();
        string usage = "0 0 0";
        string because = "";
        foreach (string line in lines)
        {
            string[] words = line.Split([' ', ':'], 3);
            switch (line[0])
            {
                case '+' or '>':
                    string kind = kinds[line[1..line.IndexOf(':')]] + " ";
                    string text = line[(line.IndexOf(':') + 1)..];
                    if (line[0] == '+' && result.Count > 0 && result[^1].StartsWith(kind, StringComparison.Ordinal))
                    {
                        result[^1] += text;
                    }
                    else
                    {
                        result.Add(kind + text);
                    }

                    break;
                case 's' when words[0] == "start":
                    kinds[words[1]] = words[2];
                    break;
                case 's' when words[0] == "signature":
                    result.Add("signed " + kinds[words[1]] + words[2]);
                    break;
                case 'u' when line.Split(' ') is [_, var input, var cached, var output, var thoughts]:
                    usage = $"{long.Parse(input) + long.Parse(cached)} {output} {thoughts}";
                    break;
                case 'b':
                    because = line is "because Error" ? "because Other" : line;
                    break;
            }
        }

        result.Add(because);
        result.Add(usage);
        return result;
    }
}
