using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Matrix;

/// <summary>What a provider must get back unchanged is kept by clients whose protocol has no place for it.</summary>
public sealed class ReasoningPlacementTests
{
    private static readonly EgressTarget Gemini3 = new() { WireModel = "gemini-3-pro", Capabilities =
        ModelCapabilities.For(ProtocolId.Gemini, "gemini-3-pro") };

    private const string Signed = """
        {"candidates":[{"content":{"role":"model","parts":[{"text":"Hello.","thoughtSignature":"c2ln"}]},"finishReason":"STOP"}],
        "usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}
        """;

    public static TheoryData<string> Keepers => ["anthropic", "bedrock", "responses"];

    [Theory]
    [MemberData(nameof(Keepers))]
    public void The_signature_of_words_comes_back_to_the_words_it_signs(string client)
    {
        ProtocolId id = Id(client);
        Carried answer = Carried.Answer(ProtocolId.Gemini, id, Signed, new(id, ProtocolId.Gemini, Gemini3));
        Assert.DoesNotContain("c2ln\"", answer.Json.GetRawText());

        JsonElement home = Carried.Request(id, ProtocolId.Gemini, Conversation(id, answer.Json), Gemini3).Json.GetProperty("contents")[1];
        Assert.Equal("""[{"text":"Hello.","thoughtSignature":"c2ln"}]""", home.GetProperty("parts").GetRawText());

        // Another vendor, and another model of the same one, sees the words only.
        foreach ((ProtocolId other, string model) in new[] { (ProtocolId.OpenAI, "gpt-4o"), (ProtocolId.Gemini, "gemini-2.5-flash") })
        {
            Carried elsewhere = Carried.Request(id, other, Conversation(id, answer.Json), new() { WireModel = model, Capabilities = new() });
            Assert.DoesNotContain("kx8Vw3Tq", elsewhere.Json.GetRawText());
            Assert.DoesNotContain("thoughtSignature", elsewhere.Json.GetRawText());
            Assert.Contains("Hello.", elsewhere.Strings);
            Assert.True(elsewhere.Losses.Contains(LossField.ThinkingSignature));
        }
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("cohere")]
    public void A_client_that_cannot_keep_the_signature_of_words_loses_it_visibly(string client)
    {
        ProtocolId id = Id(client);
        Carried whole = Carried.Answer(ProtocolId.Gemini, id, Signed, new(id, ProtocolId.Gemini, Gemini3));
        (string text, Losses losses) = Carried.Stream(ProtocolId.Gemini, id, "data: " + Signed.ReplaceLineEndings("") + "\n\n",
            new(id, ProtocolId.Gemini, Gemini3));

        Assert.True(whole.Losses.Contains(LossField.ThinkingSignature) && losses.Contains(LossField.ThinkingSignature));
        Assert.DoesNotContain("c2ln", whole.Json.GetRawText() + text);
    }

    [Fact]
    public void In_a_stream_the_signature_follows_the_words_and_says_the_same_as_in_a_whole_answer()
    {
        const string Pieces = """
            data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Hel"}]}}]}

            data: {"candidates":[{"content":{"role":"model","parts":[{"text":"lo."}]}}]}

            data: {"candidates":[{"content":{"role":"model","parts":[{"text":"","thoughtSignature":"c2ln"}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}


            """;
        (string text, _) = Carried.Stream(ProtocolId.Gemini, ProtocolId.Responses, Pieces, new(ProtocolId.Responses, ProtocolId.Gemini, Gemini3));
        JsonElement output = Completed(text).GetProperty("output");
        JsonElement whole = Carried.Answer(ProtocolId.Gemini, ProtocolId.Responses, Signed, new(ProtocolId.Responses, ProtocolId.Gemini, Gemini3))
            .Json.GetProperty("output");

        Assert.Equal(["message", "reasoning"], output.EnumerateArray().Select(static item => item.GetProperty("type").GetString()));
        Assert.Equal(whole[1].GetProperty("encrypted_content").GetString(), output[1].GetProperty("encrypted_content").GetString());

        (string events, _) = Carried.Stream(ProtocolId.Gemini, ProtocolId.Anthropic, Pieces, new(ProtocolId.Anthropic, ProtocolId.Gemini, Gemini3));
        Assert.Equal(["text", "thinking"], Regex.Matches(events, "\"content_block\":\\{\"type\":\"(\\w+)\"")
            .Select(static match => match.Groups[1].Value));
    }

    [Fact]
    public void A_calls_signature_that_comes_after_the_calls_start_stands_behind_the_call_and_goes_home_to_it()
    {
        const string Pieces = """
            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gemini-3-pro","choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[{"index":0,"id":"call_1","type":"function","function":{"name":"f","arguments":""}}]}}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gemini-3-pro","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"},"extra_content":{"google":{"thought_signature":"c2ln"}}}]}}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gemini-3-pro","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

            data: [DONE]


            """;
        var target = new EgressTarget { WireModel = "gemini-3-pro", Capabilities = new() };
        (string text, Losses losses) = Carried.Stream(ProtocolId.OpenAI, ProtocolId.Responses, Pieces,
            new(ProtocolId.Responses, ProtocolId.OpenAI, target));
        JsonElement answer = Completed(text);
        Assert.Equal(["function_call", "reasoning"], answer.GetProperty("output").EnumerateArray()
            .Select(static item => item.GetProperty("type").GetString()));
        Assert.False(losses.Contains(LossField.ToolSignature));

        string request = Conversation(ProtocolId.Responses, answer, """{"type":"function_call_output","call_id":"call_1","output":"ok"}""");
        JsonElement home = Carried.Request(ProtocolId.Responses, ProtocolId.Gemini, request, Gemini3)
            .Json.GetProperty("contents")[1].GetProperty("parts");
        Assert.Equal("c2ln", Assert.Single(home.EnumerateArray()).GetProperty("thoughtSignature").GetString());
        JsonElement compatible = Carried.Request(ProtocolId.Responses, ProtocolId.OpenAI, request, target)
            .Json.GetProperty("messages")[1].GetProperty("tool_calls")[0];
        Assert.Equal("c2ln", compatible.GetProperty("extra_content").GetProperty("google").GetProperty("thought_signature").GetString());
    }

    // Clients document 4.2: Codex waits for a reasoning item that it asked for.
    [Theory]
    [InlineData("""{"effort":"medium","summary":"auto"}""", true)]
    [InlineData("null", false)]
    public void A_client_that_keeps_encrypted_reasoning_gets_an_empty_item_where_the_model_gave_none(string reasoning, bool expected)
    {
        string request =
            $$"""{"model":"m","input":"hi","stream":true,"store":false,"include":["reasoning.encrypted_content"],"reasoning":{{reasoning}}}""";
        const string Answer =
            """{"id":"x","object":"chat.completion","created":1,"model":"gpt-4o","choices":[{"index":0,"message":""" +
            """{"role":"assistant","content":"Hello."},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":""" +
            """1,"total_tokens":2}}""";
        const string Pieces = """
            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":"Hello."}}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: [DONE]


            """;
        TranslationContext context = Carried.Request(ProtocolId.Responses, ProtocolId.OpenAI, request).Context;
        foreach (JsonElement answer in new[] { Carried.Answer(ProtocolId.OpenAI, ProtocolId.Responses, Answer, context).Json,
            Completed(Carried.Stream(ProtocolId.OpenAI, ProtocolId.Responses, Pieces, context).Text) })
        {
            JsonElement[] items = [.. answer.GetProperty("output").EnumerateArray()];
            Assert.Equal(expected ? ["reasoning", "message"] : ["message"], items.Select(static item => item.GetProperty("type").GetString()!));
            if (expected)
            {
                Assert.Empty(items[0].GetProperty("summary").EnumerateArray());
                Assert.NotEmpty(items[0].GetProperty("encrypted_content").GetString()!);
                Assert.DoesNotContain("reasoning", Carried.Request(
                    ProtocolId.Responses, ProtocolId.OpenAI, Conversation(ProtocolId.Responses, answer)).Json.GetProperty("messages").GetRawText());
            }
        }
    }

    [Fact]
    public void A_model_that_reasons_gives_no_further_item()
    {
        var context = new TranslationContext(ProtocolId.Responses, ProtocolId.Anthropic, Hop.Target(ProtocolId.Anthropic)) { NeedsReasoning = true };
        JsonElement answer = Carried.Answer(
            ProtocolId.Anthropic,
            ProtocolId.Responses,
            """{"id":"m","type":"message","role":"assistant","model":"c","content":[{"type":"thinking","thinking":"hm","signature":"c2ln"},""" +
                """{"type":"text","text":"hi"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}""",
            context).Json;

        Assert.Equal(["reasoning", "message"], answer.GetProperty("output").EnumerateArray()
            .Select(static item => item.GetProperty("type").GetString()));
    }

    [Fact]
    public void A_kept_signature_is_no_reasoning_whole_or_streamed()
    {
        TranslationContext Context() => new(ProtocolId.Responses, ProtocolId.Gemini, Gemini3) { NeedsReasoning = true };
        JsonElement whole = Carried.Answer(ProtocolId.Gemini, ProtocolId.Responses, Signed, Context()).Json;
        JsonElement streamed = Completed(Carried.Stream(ProtocolId.Gemini, ProtocolId.Responses, $"data: {Signed.ReplaceLineEndings("")}\n\n",
            Context()).Text);

        foreach (JsonElement answer in new[] { whole, streamed })
        {
            Assert.Equal(["reasoning", "message", "reasoning"],
                answer.GetProperty("output").EnumerateArray().Select(static item => item.GetProperty("type").GetString()));
        }
    }

    private static ProtocolId Id(string name)
    {
        Assert.True(ProtocolNames.TryParse(name, out ProtocolId id));
        return id;
    }

    private static JsonElement Completed(string stream)
    {
        string line = stream.Split('\n').Last(static line => line.StartsWith("data: {\"type\":\"response.completed\"", StringComparison.Ordinal));
        using JsonDocument document = JsonDocument.Parse(line[6..]);
        return document.RootElement.GetProperty("response").Clone();
    }

    // The next request of a client that has got this answer.
    private static string Conversation(ProtocolId client, JsonElement answer, string then = "null") => client switch
    {
        ProtocolId.Anthropic
            => $$"""{"model":"m","max_tokens":99,"messages":""" +
            $$"""[{"role":"user","content":"hi"},{"role":"assistant","content":{{answer.GetProperty("content").GetRawText()}}},{"role":"user","co""" +
            """ntent":"go on"}]}""",
        ProtocolId.Bedrock
            => $$"""{"messages":[{"role":"user","content":""" +
            $$"""[{"text":"hi"}]},{{answer.GetProperty("output").GetProperty("message").GetRawText()}},{"role":"user","content":[{"text":"go """ +
            """on"}]}]}""",
        _ => new StringBuilder("""{"model":"m","input":[{"role":"user","content":"hi"},""")
            .Append(answer.GetProperty("output").GetRawText()[1..^1])
            .Append(',').Append(then == "null" ? """{"role":"user","content":"go on"}""" : then).Append("]}").ToString(),
    };
}
