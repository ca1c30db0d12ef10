using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Forms;
using Busbar.Protocols.Translation.Models;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Protocols.Translation.Request.Tools;

/// <summary>The web search of one vendor, asked for in the words of another.</summary>
public sealed class WebSearchToolTests
{
    private static readonly Dictionary<ProtocolId, string> Asked = new()
    {
        [ProtocolId.Anthropic] =
            """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"tools":""" +
            """[{"type":"web_search_20260209","name":"web_search","user_location":{"type":"approximate","city":"Rome"}}]}""",
        [ProtocolId.OpenAI] =
            """{"model":"m","messages":[{"role":"user","content":"hi"}],"web_search_options":{"user_location":""" +
            """{"type":"approximate","approximate":{"city":"Rome"}}}}""",
        [ProtocolId.Responses] =
            """{"model":"m","input":"hi","tools":[{"type":"web_search_preview","user_location":{"type":"approximate","city":"Rome"}}]}""",
        [ProtocolId.Gemini] = """{"contents":[{"parts":[{"text":"hi"}]}],"tools":[{"googleSearch":{}}]}""",
    };

    private static readonly Dictionary<ProtocolId, (string Model, string Place, string Sent)> Given = new()
    {
        [ProtocolId.Anthropic] = ("claude-sonnet-4-5", "tools",
            """[{"type":"web_search_20250305","name":"web_search","user_location":{"type":"approximate","city":"Rome"}}]"""),
        [ProtocolId.OpenAI] = ("gpt-4o-search-preview", "web_search_options",
            """{"user_location":{"type":"approximate","approximate":{"city":"Rome"}}}"""),
        [ProtocolId.Responses] = ("gpt-5.2", "tools", """[{"type":"web_search","user_location":{"type":"approximate","city":"Rome"}}]"""),
        [ProtocolId.Gemini] = ("gemini-2.5-flash", "tools", """[{"googleSearch":{}}]"""),
    };

    [Fact]
    public void Every_vendor_that_searches_is_asked_in_its_own_words()
    {
        foreach ((ProtocolId from, string request) in Asked)
        {
            foreach ((ProtocolId to, (string model, string place, string sent)) in Given.Where(target => target.Key != from))
            {
                Carried carried = Carried.Request(from, to, request, Target(to, model));
                string expected = from == ProtocolId.Gemini ? sent.Replace(",\"user_location\":{\"type\":\"approximate\",\"city\":\"Rome\"}", "")
                    .Replace("\"user_location\":{\"type\":\"approximate\",\"approximate\":{\"city\":\"Rome\"}}", "") : sent;

                Assert.Equal(expected, carried.Json.GetProperty(place).GetRawText());
                Assert.Equal(to == ProtocolId.Gemini, carried.Losses.Contains(LossField.HostedTool));
            }
        }
    }

    [Fact]
    public void Restrictions_are_kept_or_counted()
    {
        const string Restricted =
            """{"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"tools":""" +
            """[{"type":"web_search_20250305","name":"web_search","allowed_domains":["a.example"]}]}""";

        Carried responses = Carried.Request(ProtocolId.Anthropic, ProtocolId.Responses, Restricted, Target(ProtocolId.Responses, "gpt-5.2"));
        Assert.Equal("""{"allowed_domains":["a.example"]}""", responses.Json.GetProperty("tools")[0].GetProperty("filters").GetRawText());
        Assert.False(responses.Losses.Contains(LossField.HostedTool));
        Assert.True(Carried.Request(ProtocolId.Anthropic, ProtocolId.Gemini, Restricted, Target(ProtocolId.Gemini, "gemini-3-pro"))
            .Losses.Contains(LossField.HostedTool));
    }

    [Theory]
    [InlineData("OpenAI", "gpt-4o")]
    [InlineData("Bedrock", "anthropic.claude-sonnet-4-5-v1:0")]
    [InlineData("Cohere", "command-a")]
    public void A_model_that_does_not_search_is_not_asked_to(string protocol, string model)
    {
        ProtocolId to = Enum.Parse<ProtocolId>(protocol);
        Carried carried = Carried.Request(ProtocolId.Responses, to, Asked[ProtocolId.Responses], Target(to, model));

        Assert.DoesNotContain("search", carried.Json.GetRawText().Replace(model, ""));
        Assert.True(carried.Losses.Contains(LossField.HostedTool));
    }

    [Theory]
    [InlineData("gemini-2.5-flash", false)]
    [InlineData("gemini-3-pro", true)]
    public void Search_beside_functions_is_for_models_that_take_both(string model, bool both)
    {
        JsonElement tools = Carried.Request(
            ProtocolId.Responses,
            ProtocolId.Gemini,
            """{"model":"m","input":"hi","tools":[{"type":"web_search"},{"type":"function","name":"f","parameters":""" +
                """{"type":"object","properties":{}}}]}""",
            Target(ProtocolId.Gemini, model)).Json.GetProperty("tools");

        Assert.Contains("functionDeclarations", tools.GetRawText());
        Assert.Equal(both, tools.GetRawText().Contains("googleSearch"));
    }

    // What the vendor did on the way is dropped alike in a stream and in a whole answer; what it found stays as citations.
    [Fact]
    public void A_search_the_vendor_ran_leaves_its_words_and_sources_and_is_counted()
    {
        const string Use = """{"type":"server_tool_use","id":"srvtoolu_1","name":"web_search","input":{"query":"q"}}""";
        const string Result =
            """{"type":"web_search_tool_result","tool_use_id":"srvtoolu_1","content":[{"type":"web_search_result","url":"https://""" +
            """a.example","title":"A","encrypted_content":"e","page_age":null}]}""";
        const string Citation =
            """{"type":"web_search_result_location","url":"https://a.example","title":"A","encrypted_index":"i","cited_text":"c"}""";
        Carried whole = Carried.Answer(ProtocolId.Anthropic, ProtocolId.OpenAI, $$"""
            {"id":"m","type":"message","role":"assistant","model":"c","content":[{{Use}},{{Result}},{"type":"text","text":"Found.","citations":[{{Citation}}]}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1} }
            """);
        string[] events =
        [
            """{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"c","content":[],"stop_reason":""" +
                """null,"stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":1}}}""",
            $$"""{"type":"content_block_start","index":0,"content_block":{{Use}} }""",
            """{"type":"content_block_stop","index":0}""",
            $$"""{"type":"content_block_start","index":1,"content_block":{{Result}} }""",
            """{"type":"content_block_stop","index":1}""",
            """{"type":"content_block_start","index":2,"content_block":{"type":"text","text":""}}""",
            """{"type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"Found."}}""",
            $$$"""{"type":"content_block_delta","index":2,"delta":{"type":"citations_delta","citation":{{{Citation}}} } }""",
            """{"type":"content_block_stop","index":2}""",
            """{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":2}}""",
            """{"type":"message_stop"}""",
        ];
        (string stream, Losses losses) = Carried.Stream(ProtocolId.Anthropic, ProtocolId.OpenAI,
            string.Concat(events.Select(static data => $"event: {JsonDocument.Parse(data).RootElement.GetProperty("type")}\ndata: {data}\n\n")));

        Assert.True(whole.Losses.Contains(LossField.ServerTool) && losses.Contains(LossField.ServerTool));
        foreach (string seen in new[] { whole.Json.GetRawText(), stream })
        {
            Assert.Contains("Found.", seen);
            Assert.Contains("https://a.example", seen);
            Assert.DoesNotContain("srvtoolu_1", seen);
        }
    }

    private static EgressTarget Target(ProtocolId protocol, string model)
        => new() { WireModel = model, Capabilities = ModelCapabilities.For(protocol, model) };
}
