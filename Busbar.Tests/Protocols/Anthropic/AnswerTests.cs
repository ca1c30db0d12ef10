using System.Text;
using System.Text.Json.Nodes;
using Busbar.Ir;
using Busbar.Protocols.Anthropic;
using Busbar.Wire;
using Busbar.Wire.Json;
using static Busbar.Tests.Protocols.Anthropic.Messages;
using JsonNode = System.Text.Json.Nodes.JsonNode;

namespace Busbar.Tests.Protocols.Anthropic;

public sealed class AnswerTests
{
    [SkippableFact]
    [Trait("gotcha", "T80")]
    public void Every_recorded_answer_is_written_back_with_the_same_meaning()
    {
        Skip.IfNot(Corpus.Exists);
        var different = new List<string>();
        int count = 0;
        foreach (CorpusExchange exchange in Answers)
        {
            using ChatResponse response = Read(exchange.ResponseBody);
            if (!JsonNode.DeepEquals(Normal.Answer(Parse(exchange.ResponseBody)), Normal.Answer(Parse(Write(response, out Losses losses))))
                || !losses.IsEmpty)
            {
                different.Add(exchange.Id);
            }

            Assert.Equal(response.Usage, AnthropicProtocol.Instance.ReadUsage(exchange.ResponseBody));
            count++;
        }

        Assert.Empty(different);
        Assert.True(count > 80, $"only {count} answers were recorded");
    }

    [SkippableFact]
    [Trait("gotcha", "T21")]
    [Trait("gotcha", "T275")]
    public void Every_recorded_answer_written_as_from_another_protocol_is_valid_and_has_an_id_of_its_own()
    {
        Skip.IfNot(Corpus.Exists);
        var invalid = new List<string>();
        foreach (CorpusExchange exchange in Answers)
        {
            using ChatResponse response = Read(exchange.ResponseBody);
            response.Source = ProtocolId.Bedrock;
            response.Blocks.RemoveAll(block => !block.Raw.IsAbsent);
            byte[] written = Write(response, out _);
            invalid.AddRange(SchemaCheck.Validate("anthropic-messages.schema.json", "#/$defs/Message", written).Select(fault => exchange.Id + fault));
            Assert.Equal(Identity.Id, Parse(written)["id"]!.GetValue<string>());
        }

        Assert.Empty(invalid);
    }

    [Fact]
    [Trait("gotcha", "T65")]
    [Trait("gotcha", "T71")]
    [Trait("gotcha", "T47")]
    public void An_answer_without_anything_has_every_key()
    {
        using ChatResponse response = ChatResponse.Rent();
        response.Source = ProtocolId.Gemini;
        response.Add(BlockKind.Thinking).Text = JsonText.From("t");

        JsonObject written = Parse(Write(response, out _));
        Assert.Equal(
            ["container", "content", "id", "model", "role", "stop_details", "stop_reason", "stop_sequence", "type", "usage"],
            written.Select(member => member.Key).Order());
        Assert.Equal("""[{"type":"thinking","thinking":"t","signature":""}]""", written["content"]!.ToJsonString());
        Assert.Equal(0, written["usage"]!["input_tokens"]!.GetValue<int>());
    }

    [Theory]
    [InlineData("Safety", "refusal")]
    [InlineData("Refusal", "refusal")]
    [InlineData("Pause", "pause_turn")]
    [InlineData("Other", "end_turn")]
    [InlineData("Error", "end_turn")]
    [InlineData("MaxTokens", "max_tokens")]
    [InlineData("None", null)]
    [Trait("gotcha", "T89")]
    public void Every_reason_has_a_native_word(string reason, string? word)
    {
        using ChatResponse response = ChatResponse.Rent();
        response.Source = ProtocolId.OpenAI;
        response.StopReason = Enum.Parse<StopReason>(reason);
        response.StopCategory = JsonText.From("PROHIBITED_CONTENT");

        JsonObject written = Parse(Write(response, out _));
        Assert.Equal(word, written["stop_reason"]?.GetValue<string>());
        Assert.Equal(word == "refusal", written["stop_details"] is not null);
        Assert.DoesNotContain("PROHIBITED", written.ToJsonString());
    }

    [Theory]
    [InlineData("EndTurn", "refusal")]
    [InlineData("MaxTokens", "max_tokens")]
    [InlineData("ToolUse", "tool_use")]
    public void Refusal_words_are_text_and_change_only_a_natural_end(string reason, string word)
    {
        using ChatResponse response = ChatResponse.Rent();
        response.Source = ProtocolId.OpenAI;
        response.StopReason = Enum.Parse<StopReason>(reason);
        response.Add(BlockKind.Refusal).Text = JsonText.From("No.");

        JsonObject written = Parse(Write(response, out _));
        Assert.Equal(word, written["stop_reason"]!.GetValue<string>());
        Assert.Equal("""{"type":"text","text":"No.","citations":null}""", written["content"]![0]!.ToJsonString());
    }

    [Theory]
    [InlineData("model_context_window_exceeded", "MaxTokens")]
    [InlineData("something_new", "Other")]
    [InlineData("compaction", "Pause")]
    [Trait("gotcha", "T88")]
    [Trait("gotcha", "T93")]
    public void An_unusual_reason_is_understood_and_kept_for_its_own_protocol(string word, string reason)
    {
        using ChatResponse response = Read(Encoding.UTF8.GetBytes($$"""{"type":"message","content":[],"stop_reason":"{{word}}"}"""));

        Assert.Equal(Enum.Parse<StopReason>(reason), response.StopReason);
        Assert.Equal(word, Parse(Write(response, out _))["stop_reason"]!.GetValue<string>());
    }

    [Fact]
    public void Foreign_citations_get_the_shape_of_this_protocol()
    {
        using ChatResponse response = ChatResponse.Rent();
        response.Source = ProtocolId.Gemini;
        Citation citation = Citation.New(CitationKind.Web, ProtocolId.Gemini);
        (citation.Url, citation.Raw) = (JsonText.From("https://x"), JsonSlice.From("{\"uri\":1}"u8));
        response.Add(BlockKind.Text).AddCitation(citation);

        Assert.Equal(
            """[{"type":"web_search_result_location","cited_text":"","url":"https://x","title":null,"encrypted_index":""}]""",
            Parse(Write(response, out _))["content"]![0]!["citations"]!.ToJsonString());
    }

    [Fact]
    public void A_body_that_is_no_message_is_not_read_and_an_error_is_a_failure()
    {
        using ChatResponse response = ChatResponse.Rent();
        Assert.False(AnthropicProtocol.Instance.ReadResponse("{}"u8.ToArray(), response));
        Assert.False(AnthropicProtocol.Instance.ReadResponse("<html>"u8.ToArray(), response));
        Assert.True(AnthropicProtocol.Instance.ReadResponse("""{"type":"error","error":{"type":"overloaded_error","message":"m"}}"""u8.ToArray(),
            response));
        Assert.Equal(FaultClass.Overloaded, response.Failure!.Class);
    }

    [SkippableFact]
    public void No_mutation_of_a_recorded_answer_makes_reader_or_writer_throw()
    {
        Skip.IfNot(Corpus.Exists);
        var random = new Random(56);
        foreach (CorpusExchange exchange in Answers.Where(exchange => exchange.ResponseBody.Length < 20_000))
        {
            for (int round = 0; round < 20; round++)
            {
                byte[] body = exchange.ResponseBody.ToArray();
                body[random.Next(body.Length)] = (byte)"\"{}[],:0antx\\"[random.Next(13)];
                using ChatResponse response = ChatResponse.Rent();
                if (AnthropicProtocol.Instance.ReadResponse(body, response))
                {
                    Parse(Write(response, out _));
                }

                AnthropicProtocol.Instance.ReadUsage(body);
                Assert.Equal(default, AnthropicProtocol.Instance.ReadError(500, body).IsContextLength);
            }
        }
    }

    private static ChatResponse Read(ReadOnlyMemory<byte> body)
    {
        ChatResponse response = ChatResponse.Rent();
        Assert.True(AnthropicProtocol.Instance.ReadResponse(body, response));
        return response;
    }
}
