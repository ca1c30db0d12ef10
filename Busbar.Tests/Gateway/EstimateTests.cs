using System.Text;
using Busbar.Gateway.Admission;
using Busbar.Gateway.Attempts;
using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Tests.Gateway;

/// <summary>What can be told of a request's size before it is sent.</summary>
public sealed class EstimateTests
{
    [Theory]
    [InlineData("openai", """{"max_tokens":7}""", 7L)]
    [InlineData("openai", """{"max_completion_tokens":8}""", 8L)]
    [InlineData("openai", """{"max_tokens":7,"max_completion_tokens":8,"n":3}""", 24L)]
    [InlineData("openai", """{"max_tokens":7,"max_tokens":9}""", 9L)]
    [InlineData("openai", """{"max\u005ftokens":7}""", 7L)]
    [InlineData("openai", """{"max_output_tokens":7}""", null)]
    [InlineData("openai", """{"max_tokens":0}""", null)]
    [InlineData("openai", """{"max_tokens":-1}""", null)]
    [InlineData("openai", """{"max_tokens":"7"}""", 7L)]
    [InlineData("openai", """{"max_tokens":"7.0e1"}""", 70L)]
    [InlineData("openai", """{"max_tokens":"seven"}""", null)]
    [InlineData("openai", """{"max_tokens":true}""", null)]
    [InlineData("openai", """{"max_tokens":[7]}""", null)]
    [InlineData("openai", """{"max_tokens":65536.0}""", 65_536L)]
    [InlineData("openai", """{"max_tokens":6.5536e4}""", 65_536L)]
    [InlineData("openai", """{"max_tokens":7.5}""", 8L)]
    [InlineData("openai", """{"max_tokens":1e999}""", long.MaxValue)]
    [InlineData("openai", """{"max_tokens":7,"max_tokens":null}""", null)]
    [InlineData("openai", """{"max_tokens":7,"max_completion_tokens":null}""", 7L)]
    [InlineData("openai", """{"max_tokens":7,"max_completion_tokens":"x"}""", null)]
    [InlineData("openai", """{"max_tokens":7,"Max_Tokens":65536}""", 65_536L)]
    [InlineData("openai", """{"max_tokens":7,"maxTokens":65536.0}""", 65_536L)]
    [InlineData("openai", """{"max_tokens":7,"max_to\u212Aens":65536}""", 65_536L)]
    [InlineData("openai", """{"max_tokens":7,"MAX_TOKENS":-1}""", null)]
    [InlineData("openai", """{"Max_Tokens":7}""", null)]
    [InlineData("openai", """{"max_tokens":7,"extra_body":{"max_tokens":65536}}""", 65_536L)]
    [InlineData("openai", """{"max_tokens":7,"options":{"num_predict":-1}}""", null)]
    [InlineData("openai", """{"max_tokens":7,"n":"3"}""", 21L)]
    [InlineData("openai", """{"max_tokens":7,"N":2.0}""", 14L)]
    [InlineData("openai", """{"max_tokens":7,"best_of":4}""", 28L)]
    [InlineData("openai", """{"max_tokens":7,"thinking_budget":100}""", 107L)]
    [InlineData("anthropic", """{"max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":1024}}""", 2000L)]
    [InlineData("anthropic", """{"max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":30000}}""", 32_000L)]
    [InlineData("anthropic", """{"max_tokens":7,"max_tokens":"65536"}""", 65_536L)]
    [InlineData("responses", """{"max_output_tokens":7,"Max_Output_Tokens":8}""", 8L)]
    [InlineData("cohere", """{"max_tokens":7,"thinking":{"token_budget":100}}""", 107L)]
    [InlineData("cohere", """{"max_tokens":7.0,"MaxTokens":"9"}""", 9L)]
    [InlineData("gemini", """{"generationConfig":{"maxOutputTokens":7},"generation_config":{"maxOutputTokens":9}}""", 9L)]
    [InlineData("gemini", """{"generationConfig":{"maxOutputTokens":7},"generationConfig":{}}""", null)]
    [InlineData("gemini", """{"generationConfig":{"maxOutputTokens":7,"max_output_tokens":"9"}}""", 9L)]
    [InlineData("gemini", """{"generationConfig":{"maxOutputTokens":7,"MaxOutputTokens":9}}""", 9L)]
    [InlineData("gemini", """{"generationConfig":{"maxOutputTokens":7},"candidateCount":3}""", 21L)]
    [InlineData("bedrock", """{"inferenceConfig":{"maxTokens":7},"additionalModelRequestFields":{"max_tokens":9}}""", 9L)]
    [InlineData("bedrock", """{"inferenceConfig":{"maxTokens":7},"inferenceConfig":{"maxTokens":9}}""", 9L)]
    [InlineData("bedrock", """{"inferenceConfig":{"maxTokens":7},"InferenceConfig":{}}""", null)]
    [InlineData("openai", """{"max_tokens":null}""", null)]
    [InlineData("openai", """{"x":{"max_tokens":7}}""", null)]
    [InlineData("openai", """{"max_tokens":9223372036854775807,"n":9223372036854775807}""", long.MaxValue)]
    [InlineData("openai", """{"max_tokens":7,"n":-5}""", 7L)]
    [InlineData("anthropic", """{"max_tokens":7,"n":3}""", 7L)]
    [InlineData("anthropic", """{"max_completion_tokens":7}""", null)]
    [InlineData("responses", """{"max_output_tokens":7}""", 7L)]
    [InlineData("responses", """{"max_tokens":7}""", null)]
    [InlineData("cohere", """{"max_tokens":7}""", 7L)]
    [InlineData("gemini", """{"generationConfig":{"a":[{"maxOutputTokens":1}],"maxOutputTokens":7,"candidateCount":2}}""", 14L)]
    [InlineData("gemini", """{"generation_config":{"max_output_tokens":7,"candidate_count":2}}""", 14L)]
    [InlineData("gemini", """{"generationConfig":{"maxTokens":7}}""", null)]
    [InlineData("gemini", """{"generationConfig":[7]}""", null)]
    [InlineData("gemini", """{"maxOutputTokens":7}""", null)]
    [InlineData("bedrock", """{"inferenceConfig":{"maxTokens":7}}""", 7L)]
    [InlineData("bedrock", """{"inferenceConfig":{"maxOutputTokens":7}}""", null)]
    [InlineData("bedrock", """{"max_tokens":7}""", null)]
    public void The_output_limit_is_the_largest_that_a_provider_may_read(string spoken, string body, long? expected)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(body);
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(bytes, out _));
        Assert.Equal(expected, OutputLimit.Of(Enum.Parse<ProtocolId>(spoken, ignoreCase: true), bytes).Total);
    }

    [Fact]
    public void Text_is_bounded_by_half_its_bytes_whatever_it_looks_like()
    {
        Assert.Equal(5, InputEstimate.Of("""{"a":"bc"}"""u8));
        string prompt = $$"""{"messages":[{"role":"user","content":"{{new string('A', 100_000)}}"}]}""";
        Assert.Equal((prompt.Length + 1) / 2, InputEstimate.Of(Encoding.UTF8.GetBytes(prompt)));
    }

    [Theory]
    [InlineData("""{"source":{"type":"base64","data":"FILE"}}""")]
    [InlineData("""{"image_url": {"url" : "data:image/png;base64,FILE"}}""")]
    [InlineData("""{"type":"input_image","image_url":"data:image/png;base64,FILE"}""")]
    [InlineData("""{"file":{"file_data":"data:application/pdf;base64,FILE"}}""")]
    [InlineData("""{"image":{"source":{"bytes":"FILE"}}}""")]
    [InlineData("""{"inlineData":{"mimeType":"image/png","data":"FILE"}}""")]
    public void Files_cost_little_for_their_size_and_never_less_than_a_picture(string part)
    {
        foreach ((int size, int least, int most) in ((int, int, int)[])[(8_000, 1_700, 1_760), (640_000, 20_000, 20_100)])
        {
            string body = part.Replace("FILE", Convert.ToBase64String(new byte[size * 3 / 4]), StringComparison.Ordinal);
            Assert.InRange(InputEstimate.Of(Encoding.UTF8.GetBytes(body)), least, most);
        }
    }

    [Theory]
    [InlineData("openai",
        """{"choices":[{"delta":{"content":"abc","reasoning_content":"de"}},{"delta":{"tool_calls":[{"function":{"arguments":"{\"a\"}"}}]}}]}""",
    12L)]
    [InlineData("anthropic", """{"type":"content_block_delta","delta":{"type":"text_delta", "text" : "abc"}}""", 3L)]
    [InlineData("gemini", """{"candidates":[{"content":{"parts":[{"text":"abc"},{"text":"d\\"}]}}]}""", 6L)]
    [InlineData("bedrock", """{"delta":{"text":"abc"}}""", 3L)]
    [InlineData("responses", """{"type":"response.output_text.delta","delta":"abc"}""", 3L)]
    [InlineData("responses", """{"type":"response.output_text.done","text":"abc"}""", 0L)]
    [InlineData("cohere", """{"type":"content-delta","delta":{"message":{"content":{"text":"abc"}}}}""", 3L)]
    [InlineData("openai", """{"choices":[{"delta":{"content":null}}]}""", 0L)]
    [InlineData("openai", """{"choices":[{"delta":{"content":"cut""", 3L)]
    public void Delivered_text_is_counted_without_its_wrapping(string spoken, string frame, long expected)
    {
        var meter = new TextMeter(Enum.Parse<ProtocolId>(spoken, ignoreCase: true), isStream: true);
        meter.Add(Encoding.UTF8.GetBytes(frame));
        Assert.Equal(expected, meter.Bytes);
    }

    [Fact]
    public void A_meter_takes_anything_in_pieces_of_any_kind()
    {
        var random = new Random(7);
        string[] tokens = ["\"content\"", "\"", ":", "\\", " ", "x", "{", "\"text\""];
        for (int round = 0; round < 2000; round++)
        {
            string text = string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => tokens[random.Next(tokens.Length)]));
            var meter = new TextMeter(ProtocolId.OpenAI, isStream: true);
            meter.Add(Encoding.UTF8.GetBytes(text));
            Assert.InRange(meter.Bytes, 0, text.Length);
        }
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"TEXT"}]}""", 1000)]
    [InlineData("""{"contents":[{"parts":[{"text" : "TEXT"},{"text":"TEXT"}]}]}""", 2000)]
    [InlineData("""{"input":"TEXT","instructions":"TEXT"}""", 2000)]
    [InlineData("""{"system":["\\\"TEXT"]}""", 1000)]
    [InlineData("""{"source":{"type":"base64","data":"TEXT"}}""", 0)]
    [InlineData("""{"thinking":"TEXT","signature":"TEXT","encrypted_content":"TEXT"}""", 0)]
    [InlineData("""{"image_url":{"url":"data:image/png;base64,TEXT"},"unknown":"TEXT"}""", 0)]
    [InlineData("""{"input":"TEXT","truncation":"auto"}""", 0)]
    [InlineData("""{"context_management":{},"messages":[{"content":"TEXT"}]}""", 0)]
    [InlineData("""{"content":"TEXT""", 1000)]
    public void A_request_is_at_least_an_eighth_of_a_token_for_each_byte_of_text(string body, long tokens)
    {
        string text = string.Concat(Enumerable.Repeat("a text\\n\\u00e9", 1000));
        byte[] bytes = Encoding.UTF8.GetBytes(body.Replace("TEXT", text, StringComparison.Ordinal));
        Assert.Equal(tokens, MinimumInputTokens.LowerBound(bytes, long.MaxValue));
        Assert.Equal(Math.Min(tokens, 10), MinimumInputTokens.LowerBound(bytes, 10));
    }

    [Fact]
    public void A_run_of_one_character_is_hardly_any_token() =>
        Assert.Equal(0, MinimumInputTokens.LowerBound(Encoding.UTF8.GetBytes($$"""{"content":"{{new string(' ', 100_000)}}"}"""), long.MaxValue));
}
