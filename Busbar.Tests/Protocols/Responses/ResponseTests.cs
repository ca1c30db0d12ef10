using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Responses;
using Busbar.Protocols.Translation.Signatures;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Responses;

public class ResponseTests
{
    private static readonly string[] Mandatory =
    [
        "id", "object", "created_at", "status", "model", "output", "error", "incomplete_details", "instructions", "metadata", "parallel_tool_calls",
        "temperature",
        "top_p", "tool_choice", "tools", "max_output_tokens", "previous_response_id", "reasoning", "text", "truncation", "usage", "access_programs",
    ];

    [SkippableFact]
    public void Every_recorded_answer_is_the_same_after_reading_and_writing()
    {
        Skip.IfNot(Corpus.Exists);
        int seen = 0;
        foreach (CorpusExchange exchange in Exchange.Answers)
        {
            using ChatResponse response = Exchange.ReadAnswer(exchange.ResponseBody);
            byte[] written = Exchange.WriteAnswer(response).Json;
            Assert.True(JsonElement.DeepEquals(Exchange.Parse(exchange.ResponseBody), Exchange.Parse(written)), exchange.Id);
            seen++;
        }

        Assert.True(seen > 60, $"{seen} answers");
    }

    [SkippableFact]
    public void Answers_built_from_the_representation_match_the_published_shape_and_read_back_the_same()
    {
        Skip.IfNot(Corpus.Exists);
        foreach (CorpusExchange exchange in Exchange.Answers)
        {
            using ChatResponse response = Exchange.ReadAnswer(exchange.ResponseBody);
            response.Source = ProtocolId.Anthropic;
            (byte[] written, _) = Exchange.WriteAnswer(response);
            IReadOnlyList<string> faults = SchemaCheck.Validate(Exchange.Schemas, "#/components/schemas/Response", written);
            Assert.True(faults.Count == 0, $"{exchange.Id}: {string.Join("\n", faults.Take(5))}\n{Encoding.UTF8.GetString(written)}");
            using ChatResponse again = Exchange.ReadAnswer(written);
            Assert.Equal(
                exchange.Id + Exchange.Show(response.Blocks.Where(block => block.Kind is not (BlockKind.Opaque or BlockKind.ServerToolUse))),
                exchange.Id + Exchange.Show(again.Blocks));
            StopReason expected = response.StopReason == StopReason.None ? StopReason.EndTurn : response.StopReason;
            Assert.Equal((exchange.Id, expected), (exchange.Id, again.StopReason));
            Assert.Equal(response.Usage.Total, again.Usage.Total);
        }
    }

    [Fact]
    [Trait("gotcha", "T21")]
    [Trait("gotcha", "T22")]
    [Trait("gotcha", "T158")]
    public void Every_key_that_clients_expect_is_there_with_ids_of_native_shape()
    {
        using ChatResponse response = ChatResponse.Rent();
        response.Id = JsonText.From("msg_foreign");
        response.Add(BlockKind.Thinking).Text = JsonText.From("hm");
        response.Add(BlockKind.Text).Text = JsonText.From("hi");
        Block call = response.Add(BlockKind.ToolUse);
        call.Id = JsonText.From("call_1");
        call.Name = JsonText.From("f");
        response.StopReason = StopReason.ToolUse;
        JsonElement json = Exchange.Parse(Exchange.WriteAnswer(response).Json);
        foreach (string key in Mandatory)
        {
            Assert.True(json.TryGetProperty(key, out _), key);
        }

        Assert.DoesNotContain("msg_foreign", json.GetRawText());
        Assert.Equal("lane-model", json.GetProperty("model").GetString());
        JsonElement[] items = [.. json.GetProperty("output").EnumerateArray()];
        Assert.Matches("^rs_[0-9A-Za-z]{48}$", items[0].GetProperty("id").GetString());
        Assert.Matches("^msg_[0-9A-Za-z]{48}$", items[1].GetProperty("id").GetString());
        Assert.Matches("^fc_[0-9A-Za-z]{48}$", items[2].GetProperty("id").GetString());
        Assert.Equal("{}", items[2].GetProperty("arguments").GetString());
        JsonElement usage = json.GetProperty("usage");
        Assert.Equal(0, usage.GetProperty("input_tokens_details").GetProperty("cached_tokens").GetInt32());
        Assert.Equal(0, usage.GetProperty("input_tokens_details").GetProperty("cache_write_tokens").GetInt32());
        Assert.Equal(0, usage.GetProperty("output_tokens_details").GetProperty("reasoning_tokens").GetInt32());
        Assert.Equal(0, usage.GetProperty("total_tokens").GetInt32());
    }

    [Theory]
    [Trait("gotcha", "T144")]
    [Trait("gotcha", "T145")]
    [InlineData("\"completed\"", "null", true, "ToolUse")]
    [InlineData("\"completed\"", "null", false, "EndTurn")]
    [InlineData("\"incomplete\"", "{\"reason\":\"max_output_tokens\"}", true, "MaxTokens")]
    [InlineData("\"incomplete\"", "{\"reason\":\"content_filter\"}", false, "Safety")]
    [InlineData("\"incomplete\"", "{\"reason\":\"steered\"}", false, "Other")]
    [InlineData("\"incomplete\"", "null", false, "MaxTokens")]
    public void The_status_decides_why_the_answer_ended(string status, string details, bool call, string expected)
    {
        string output = call ? """{"type":"function_call","call_id":"c","name":"f","arguments":"{}"}""" : "";
        using ChatResponse response = Exchange.ReadAnswer($$"""{"status":{{status}},"incomplete_details":{{details}},"output":[{{output}}]}""");
        Assert.Equal(expected, response.StopReason.ToString());
    }

    [Theory]
    [Trait("gotcha", "T146")]
    [InlineData("rate_limit_exceeded", "RateLimit")]
    [InlineData("context_length_exceeded", "ContextLength")]
    [InlineData("invalid_api_key", "Auth")]
    [InlineData("invalid_prompt", "ClientError")]
    [InlineData("server_error", "ServerError")]
    public void A_failed_answer_is_an_error_of_the_class_its_code_names(string code, string expected)
    {
        using ChatResponse response = Exchange.ReadAnswer($$"""{"status":"failed","output":[],"error":{"code":"{{code}}","message":"m"} }""");
        Assert.Equal(expected, response.Failure!.Class.ToString());
        Assert.Equal("m", response.Failure.Error.Message);
    }

    [Fact]
    public void A_refusal_part_is_a_refusal()
    {
        using ChatResponse response =
            Exchange.ReadAnswer("""{"status":"completed","output":[{"type":"message","content":[{"type":"refusal","refusal":"no"}]}]}""");
        Assert.Equal(StopReason.Refusal, response.StopReason);
        response.Source = ProtocolId.Anthropic;
        Assert.Contains("\"refusal\":\"no\"", Encoding.UTF8.GetString(Exchange.WriteAnswer(response).Json));
    }

    [Fact]
    [Trait("gotcha", "T49")]
    public void Cached_and_written_tokens_are_counted_beside_the_rest_and_never_below_zero()
    {
        using ChatResponse response = Exchange.ReadAnswer(
            """{"output":[],"usage":{"input_tokens":10,"input_tokens_details":{"cached_tokens":4,"cache_write_tokens":3},"output_tokens":""" +
                """2,"output_tokens_details":{"reasoning_tokens":1},"total_tokens":12}}""");
        Assert.Equal((3, 4, 3, 2, 1), (response.Usage.Input, response.Usage.CacheRead, response.Usage.CacheWrite, response.Usage.Output,
            response.Usage.Reasoning));
        Assert.Equal(0, ResponsesProtocol.Instance.ReadUsage(
            """{"usage":{"input_tokens":1,"input_tokens_details":{"cached_tokens":9}}}"""u8.ToArray()).Input);
        Assert.False(ResponsesProtocol.Instance.ReadUsage("{}"u8.ToArray()).IsReported);
    }

    [Fact]
    public void A_wrapped_signature_of_another_vendor_is_handed_out_and_a_bare_one_is_not()
    {
        using var token = new PooledBuffer();
        SignatureEnvelope.Wrap(ProtocolId.Anthropic, SignatureUse.Thinking, "claude", JsonText.From("secret+/="), token);
        using ChatResponse response = ChatResponse.Rent();
        foreach (JsonText signature in (JsonText[])[new JsonText(token.Span.ToArray()), JsonText.From("bare")])
        {
            Block thought = response.Add(BlockKind.Thinking);
            thought.Origin = ProtocolId.Anthropic;
            thought.Signature = signature;
        }

        (byte[] json, Losses losses) = Exchange.WriteAnswer(response);
        JsonElement output = Exchange.Parse(json).GetProperty("output");
        Assert.StartsWith(Encoding.UTF8.GetString(SignatureEnvelope.Marker), output[0].GetProperty("encrypted_content").GetString());
        Assert.False(output[1].TryGetProperty("encrypted_content", out _));
        Assert.True(losses.Contains(LossField.ThinkingSignature));
    }

    [Fact]
    public void What_is_no_response_object_is_not_read()
    {
        using ChatResponse response = ChatResponse.Rent();
        Assert.False(ResponsesProtocol.Instance.ReadResponse("{\"choices\":[]}"u8.ToArray(), response));
        Assert.False(ResponsesProtocol.Instance.ReadResponse("<html>"u8.ToArray(), response));
    }
}
