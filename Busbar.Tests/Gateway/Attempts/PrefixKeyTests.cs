using System.Text;
using Busbar.Gateway.Attempts;
using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway.Attempts;

/// <summary>What the requests of a conversation have in common.</summary>
public sealed class PrefixKeyTests
{
    private const string Anthropic = """
        {"model":"m","system":[{"type":"text","text":"Be brief."}],"tools":[{"name":"read","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"Hello"}]}
        """;

    [Theory]
    [InlineData("""{"model":"m","system":[{"type":"text","text":"Be """ +
        """brief."}],"tools":[{"name":"read","input_schema":{"type":"object"}}],"messages":[{"role":"user","content":"Hello"},""" +
        """{"role":"assistant","content":"Hi"},{"role":"user","content":"More"}]}""")]
    [InlineData("""{"messages":[{"role":"user","content":"Hello"},{"role":"assistant","content":"Hi"}],"max_tokens":7,"tools":""" +
        """[{"name":"read","input_schema":{"type":"object"}}],"stream":true,"system":[{"type":"text","text":"Be brief."}]}""")]
    [InlineData("""{"system":[{"type":"text","text":"Be """ +
        """brief.","cache_control":{"type":"ephemeral","ttl":"1h"}}],"tools":[{"name":"read","input_schema":{"type":"object"},"cache_control":""" +
        """null}],"messages":[{"role":"user","content":"Hello"}]}""")]
    public void Later_turns_order_and_marks_for_the_cache_change_nothing(string body)
    {
        Assert.NotNull(Of(body));
        Assert.Equal(Of(Anthropic), Of(body));
    }

    [Theory]
    [InlineData("Be brief.", "Be long.")]
    [InlineData("\"read\"", "\"write\"")]
    [InlineData("Hello", "Hallo")]
    [InlineData("Hello", "Hello!")]
    public void Other_instructions_tools_or_first_turns_are_other_conversations(string from, string to) =>
        Assert.NotEqual(Of(Anthropic), Of(Anthropic.Replace(from, to, StringComparison.Ordinal)));

    [Fact]
    public void What_Claude_Code_says_of_each_request_does_not_matter()
    {
        static string Body(string said)
            => $$"""{"system":[{"type":"text","text":"x-anthropic-billing-header: cc_version=2.1.113; cch={{said}};"},{"type":"text","text":"You """ +
            $$"""are"}],"messages":[{"role":"user","content":"a"}]}""";

        Assert.Equal(Of(Body("aa621")), Of(Body("da5b4")));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"system","content":"S"},{"role":"user","content":"U"}]}""",
        """{"messages":[{"content":"S","role":"system"},{"content":"U","role":"user"},{"role":"assistant","content":"A"}]}""", false)]
    [InlineData("""{"messages":[{"role":"system","content":"S"},{"role":"user","content":"U"}]}""",
        """{"messages":[{"role":"system","content":"S"},{"role":"user","content":"U"},{"role":"assistant","content":"A"}]}""", true)]
    [InlineData("""{"messages":[{"role":"system","content":"S"},{"role":"user","content":"U"}]}""",
        """{"messages":[{"role":"system","content":"S"},{"role":"user","content":"V"}]}""", false)]
    [InlineData("""{"instructions":"I","input":"U"}""", """{"instructions":"I","input":"V"}""", false)]
    [InlineData("""{"instructions":"I","input":[{"role":"user","content":"U"}]}""",
        """{"instructions":"I","input":[{"role":"user","content":"U"},{"type":"function_call"}]}""", true)]
    [InlineData("""{"contents":[{"parts":[{"text":"U"}]}]}""",
        """{"contents":[{"parts":[{"text":"U"}]},{"role":"model","parts":[]}],"generationConfig":{}}""", true)]
    [InlineData("""{"messages":[{"role":"user","content":[{"text":"U"}]}],"toolConfig":{"tools":[1]}}""",
        """{"messages":[{"role":"user","content":[{"text":"U"},{"cachePoint":{"type":"default"}}]}],"toolConfig":{"tools":[1,{"cachePoint":""" +
        """{"type":"default"}}]}}""", true)]
    public void Every_protocol_has_its_beginning(string one, string other, bool isSame)
    {
        Assert.NotNull(Of(one));
        Assert.Equal(isSame, Of(one) == Of(other));
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"model\":\"m\",\"tools\":[{\"name\":\"a\"}]}")]
    [InlineData("{\"messages\":[")]
    [InlineData("{\"messages\":[]}")]
    [InlineData("not json")]
    [InlineData("{\"system\":{\"cache_control\":")]
    public void What_has_no_beginning_belongs_to_no_conversation(string body) => Assert.Null(Of(body));

    [Fact]
    public void It_allocates_nothing()
    {
        byte[] body = Encoding.UTF8.GetBytes(Anthropic);
        PrefixKey.Of(body);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int round = 0; round < 100; round++)
        {
            PrefixKey.Of(body);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    [Theory]
    [InlineData("anthropic")]
    [InlineData("openai")]
    [InlineData("gemini")]
    [InlineData("bedrock")]
    [InlineData("responses")]
    [InlineData("cohere")]
    public void Recorded_requests_have_one(string protocol) => Assert.NotNull(Of(SpokenProtocol.Of(protocol).Request("m", stream: true)));

    private static ulong? Of(string body) => PrefixKey.Of(Encoding.UTF8.GetBytes(body));
}
