using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Gemini;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Gemini;

public sealed class ResponseTests
{
    private const string CallPart = """{"functionCall":{"name":"f"}}""";

    [Theory, Trait("gotcha", "T183"), Trait("gotcha", "T186"), Trait("gotcha", "T187")]
    [InlineData("STOP", StopReason.EndTurn, "STOP")]
    [InlineData("MAX_TOKENS", StopReason.MaxTokens, "MAX_TOKENS")]
    [InlineData("CONTINUATION", StopReason.MaxTokens, "MAX_TOKENS")]
    [InlineData("SAFETY", StopReason.Safety, "SAFETY")]
    [InlineData("RECITATION", StopReason.Safety, "SAFETY")]
    [InlineData("IMAGE_PROHIBITED_CONTENT", StopReason.Safety, "SAFETY")]
    [InlineData("MALFORMED_FUNCTION_CALL", StopReason.Error, "OTHER")]
    [InlineData("TOO_MANY_TOOL_CALLS", StopReason.Error, "OTHER")]
    [InlineData("LANGUAGE", StopReason.Other, "OTHER")]
    [InlineData("SOMETHING_NEW", StopReason.Other, "OTHER")]
    public void Every_finish_reason_has_a_meaning_even_without_content(string word, object expected, string written)
    {
        using ChatResponse response = Content.Response($$"""{"candidates":[{"finishReason":"{{word}}"}]}""");
        Assert.Equal(((StopReason)expected, 0), (response.StopReason, response.Blocks.Count));
        Assert.Equal(written, Content.Parse(Content.Write(response)).GetProperty("candidates")[0].GetProperty("finishReason").GetString());
    }

    [Fact, Trait("gotcha", "T186"), Trait("gotcha", "T278")]
    public void A_call_makes_a_stop_a_tool_stop_but_not_a_cut_answer()
    {
        using ChatResponse stopped = Content.Response(Content.Answer(CallPart, "STOP"));
        using ChatResponse cut = Content.Response(Content.Answer(CallPart, "MAX_TOKENS"));
        Assert.Equal((StopReason.ToolUse, StopReason.MaxTokens), (stopped.StopReason, cut.StopReason));
        Assert.Equal("{}", stopped.Blocks[0].Input.ToString());
        Assert.False(stopped.Blocks[0].Id.IsNullOrEmpty);
        Assert.Equal("STOP", Content.Parse(Content.Write(stopped)).GetProperty("candidates")[0].GetProperty("finishReason").GetString());
    }

    [Fact, Trait("gotcha", "T177"), Trait("gotcha", "T178")]
    public void Calls_of_one_answer_and_of_two_answers_have_different_ids()
    {
        string[] Ids(string id)
        {
            using ChatResponse response = Content.Response(Content.Answer(CallPart + "," + CallPart, "STOP").Replace("r1", id));
            return [.. response.Blocks.Select(block => block.Id.ToString())];
        }

        Assert.Equal(4, Ids("a").Concat(Ids("b")).Distinct().Count());
        Assert.Equal(Ids("a"), Ids("a"));
    }

    [Theory, Trait("gotcha", "T184")]
    [InlineData("""{"promptFeedback":{"blockReason":"SAFETY"}}""")]
    [InlineData("""{"candidates":[],"prompt_feedback":{"block_reason":"JAILBREAK","blockReasonMessage":"no"}}""")]
    public void A_blocked_prompt_is_an_empty_answer(string body)
    {
        using ChatResponse response = Content.Response(body);
        Assert.Equal((StopReason.Safety, 0), (response.StopReason, response.Blocks.Count));
        Assert.Null(response.Failure);
        List<string> lines = Content.Lines(body);
        Assert.Contains("because Safety", lines);
        Assert.Equal("end", lines[^1]);
    }

    [Theory, Trait("gotcha", "T185")]
    [InlineData("{}")]
    [InlineData("""{"candidates":[]}""")]
    [InlineData("""{"choices":[{"message":{}}]}""")]
    [InlineData("[]")]
    public void A_body_without_candidates_is_no_answer(string body)
    {
        using ChatResponse response = ChatResponse.Rent();
        Assert.False(GeminiProtocol.Instance.ReadResponse(Encoding.UTF8.GetBytes(body), response));
    }

    [Fact, Trait("gotcha", "T192"), Trait("gotcha", "T191"), Trait("gotcha", "T274")]
    public void Counts_are_normalised_and_complete()
    {
        using ChatResponse response = Content.Response("""
            {"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":10,"cachedContentTokenCount":4,"toolUsePromptTokenCount":3,"candidatesTokenCount":5,"thoughtsTokenCount":7}}
            """);
        Assert.Equal((9, 4, 12, 7), (response.Usage.Input, response.Usage.CacheRead, response.Usage.Output, response.Usage.Reasoning));
        JsonElement written = Content.Parse(Content.Write(response));
        Assert.Equal(
            """{"promptTokenCount":13,"candidatesTokenCount":5,"cachedContentTokenCount":4,"thoughtsTokenCount":7,"totalTokenCount":25}""",
            written.GetProperty("usageMetadata").GetRawText());
        Assert.Equal("testResponseId01", written.GetProperty("responseId").GetString());
        Assert.Equal("gemini-lane", written.GetProperty("modelVersion").GetString());
    }

    [Fact]
    public void A_signature_on_an_empty_part_belongs_to_the_words_before_it()
    {
        using ChatResponse response = Content.Response(Content.Answer(
            """{"text":"t","thought":true},{"text":"x"},{"text":"","thoughtSignature":"s"},{"functionCall":""" +
            """{"name":"f","id":"1"},"thoughtSignature":"c"}""", "STOP"));
        Assert.Equal([(BlockKind.Thinking, ""), (BlockKind.Text, "s"), (BlockKind.ToolUse, "c")],
            response.Blocks.Select(block => (block.Kind, block.Signature.ToString())));
        Assert.All(response.Blocks, block => Assert.Equal(ProtocolId.Gemini, block.Origin));
    }

    [Fact, Trait("gotcha", "T198")]
    public void Byte_positions_of_a_part_become_characters_and_go_back()
    {
        const string Source =
            """{"groundingChunks":[{"web":{"uri":"https://a","title":"A"}},{"web":{"uri":"https://b"}}],"groundingSupports":[{"segment":""" +
            """{"partIndex":1,"startIndex":4,"endIndex":8},"groundingChunkIndices":[0,1]}]}""";
        using ChatResponse response = Content.Response(Content.Answer(
            """{"text":"first"},{"text":"a\u00e9\n\ud83d\ude00b"}""", "STOP", ",\"groundingMetadata\":" + Source));
        List<Citation> citations = response.Blocks[1].Citations!;
        Assert.Equal([("https://a", 3L, 4L), ("https://b", 3L, 4L)],
            citations.Select(citation => (citation.Url.ToString(), citation.TextStart, citation.TextEnd)));
        JsonElement written = Content.Parse(Content.Write(response)).GetProperty("candidates")[0].GetProperty("groundingMetadata");
        Assert.Equal("""{"partIndex":1,"startIndex":4,"endIndex":8}""",
            written.GetProperty("groundingSupports")[0].GetProperty("segment").GetRawText());
        Assert.Equal("https://b", written.GetProperty("groundingChunks")[1].GetProperty("web").GetProperty("uri").GetString());
    }

    [Fact, Trait("gotcha", "T80")]
    public void Citation_sources_run_over_all_texts_and_sources_without_a_place_are_kept()
    {
        using ChatResponse cited = Content.Response(Content.Answer(
            """{"text":"abc"},{"text":"def"}""", "STOP",
        ""","citationMetadata":{"citationSources":[{"startIndex":4,"endIndex":6,"uri":"https://a"}]}"""));
        Assert.Equal((1L, 3L), (cited.Blocks[1].Citations![0].TextStart, cited.Blocks[1].Citations![0].TextEnd));
        using ChatResponse listed = Content.Response(Content.Answer(
            """{"text":"abc"}""", "STOP", ""","groundingMetadata":{"groundingChunks":[{"web":{"uri":"https://a"}}]}"""));
        Assert.Equal(-1, listed.Blocks[0].Citations![0].TextStart);
    }

    [Fact]
    public void Token_probabilities_survive_both_ways()
    {
        const string Result =
            """{"chosenCandidates":[{"token":"\u00e9","logProbability":-0.5}],"topCandidates":[{"candidates":[{"token":"e","logProbability":""" +
            """-1.25}]}]}""";
        using ChatResponse response = Content.Response(Content.Answer("""{"text":"x"}""", "STOP", ",\"logprobsResult\":" + Result));
        Assert.Equal("""[{"token":"\u00e9","logprob":-0.5,"bytes":[195,169],"top_logprobs":[{"token":"e","logprob":-1.25,"bytes":[101]}]}]""",
            response.Logprobs.ToString());
        Assert.Equal(Result, Content.Parse(Content.Write(response)).GetProperty("candidates")[0].GetProperty("logprobsResult").GetRawText());
    }

    [Theory]
    [InlineData("""{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}""")]
    [InlineData("""[{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}]""")]
    public void An_error_in_a_200_is_a_failure(string body)
    {
        using ChatResponse response = Content.Response(body);
        Assert.Equal(FaultClass.Overloaded, response.Failure?.Class);
        Assert.Equal("m", response.Failure?.Error.Message);
    }
}
