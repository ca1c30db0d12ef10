using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Matrix;

/// <summary>The malformed twins of what agents send: no target gets what its vendor refuses, and what is lost is counted.</summary>
public sealed class MalformedTwinTests
{
    private static readonly string Long = "call_" + new string('x', 10_000);

    public static TheoryData<string, string> Pairs => Hop.PairNames;

    [Theory]
    [MemberData(nameof(Pairs))]
    public void An_id_of_ten_thousand_characters_becomes_one_that_the_target_takes(string from, string to)
    {
        Carried request = Carried.Request(Hop.Named(from), Hop.Named(to), Called(Hop.Named(from), Long, "{}"));
        Assert.DoesNotContain(Long, request.Json.GetRawText());
        Assert.Contains("RESULT", request.Json.GetRawText());
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("responses")]
    [InlineData("cohere")]
    public void Arguments_that_are_no_JSON_are_told_all_the_same(string from)
    {
        foreach (ProtocolId to in Enum.GetValues<ProtocolId>().Where(to => to != Hop.Named(from)))
        {
            Carried request = Carried.Request(Hop.Named(from), to, Called(Hop.Named(from), "call_1", "not <JSON> at all"));
            Assert.Contains("not <JSON> at all", request.Strings.SelectMany(static text => new[] { text, Unescaped(text) })
                .FirstOrDefault(static text => text.Contains("not <JSON> at all", StringComparison.Ordinal)) ?? request.Json.GetRawText());
        }
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_history_that_starts_with_a_result_keeps_its_words_and_is_counted(string from, string to)
    {
        Carried request = Carried.Request(Hop.Named(from), Hop.Named(to), Orphan(Hop.Named(from)));
        Assert.Contains("RESULT", request.Json.GetRawText());
        Assert.NotEmpty(Hop.Fields(request.Losses));
    }

    private static string Unescaped(string text) => text.Replace("\\u003C", "<", StringComparison.Ordinal)
        .Replace("\\u003E", ">", StringComparison.Ordinal);

    private static string Called(ProtocolId client, string id, string arguments)
    {
        string text = JsonSerializer.Serialize(arguments);
        return client switch
        {
            ProtocolId.Anthropic => $$"""
                {"model":"m","max_tokens":99,"messages":[{"role":"user","content":"go"},{"role":"assistant","content":[{"type":"tool_use","id":"{{id}}","name":"tide","input":{{arguments}}}]},
                {"role":"user","content":[{"type":"tool_result","tool_use_id":"{{id}}","content":"RESULT"}]}]}
                """,
            ProtocolId.Bedrock => $$"""
                {"messages":[{"role":"user","content":[{"text":"go"}]},{"role":"assistant","content":[{"toolUse":{"toolUseId":"{{id}}","name":"tide","input":{{arguments}} } }]},
                {"role":"user","content":[{"toolResult":{"toolUseId":"{{id}}","content":[{"text":"RESULT"}]} }]}]}
                """,
            ProtocolId.Gemini => $$"""
                {"contents":[{"role":"user","parts":[{"text":"go"}]},{"role":"model","parts":[{"functionCall":{"id":"{{id}}","name":"tide","args":{{arguments}} } }]},
                {"role":"user","parts":[{"functionResponse":{"id":"{{id}}","name":"tide","response":{"output":"RESULT"} } }]}]}
                """,
            ProtocolId.Responses => $$"""
                {"model":"m","input":[{"role":"user","content":"go"},{"type":"function_call","call_id":"{{id}}","name":"tide","arguments":{{text}}},{"type":"function_call_output","call_id":"{{id}}","output":"RESULT"}]}
                """,
            _ => $$"""
                {"model":"m","messages":[{"role":"user","content":"go"},{"role":"assistant","tool_calls":[{"id":"{{id}}","type":"function","function":{"name":"tide","arguments":{{text}} } }]},
                {"role":"tool","tool_call_id":"{{id}}","content":"RESULT"}]}
                """,
        };
    }

    private static string Orphan(ProtocolId client) => client switch
    {
        ProtocolId.Anthropic
            => """{"model":"m","max_tokens":99,"messages":[{"role":"user","content":""" +
            """[{"type":"tool_result","tool_use_id":"toolu_1","content":"RESULT"},{"type":"text","text":"go on"}]}]}""",
        ProtocolId.Bedrock
            => """{"messages":[{"role":"user","content":[{"toolResult":{"toolUseId":"tooluse_1","content":[{"text":"RESULT"}]}},{"text":"go """ +
            """on"}]}]}""",
        ProtocolId.Gemini
            => """{"contents":[{"role":"user","parts":[{"functionResponse":{"name":"tide","response":{"output":"RESULT"}}},{"text":"go on"}]}]}""",
        ProtocolId.Responses
            => """{"model":"m","input":[{"type":"function_call_output","call_id":"call_1","output":"RESULT"},{"role":"user","content":"go on"}]}""",
        _ => """{"model":"m","messages":[{"role":"tool","tool_call_id":"call_1","content":"RESULT"},{"role":"user","content":"go on"}]}""",
    };
}
