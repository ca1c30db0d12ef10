using System.Text.Json;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Matrix;

/// <summary>
/// Every kind of tool that a client runs, over every other protocol: offered, called, given back in the client's form, and told again in the next
/// turn.
/// </summary>
public sealed class ClientToolTests
{
    private const string Function =
        """{"type":"function","name":"fetch","description":"d","parameters":{"type":"object","properties":{"q":{"type":"string"}},"required":""" +
        """["q"]},"strict":false}""";

    private static readonly Row[] Rows =
    [
        new("namespace member", $$"""{"type":"namespace","name":"mcp__docs","description":"docs","tools":[{{Function}}]}""", "mcp__docs__fetch",
            """{"q":"a"}""",
            """{"type":"function_call","call_id":"C","namespace":"mcp__docs","name":"fetch","arguments":"{\"q\":\"a\"}"}""",
            """{"type":"function_call_output","call_id":"C","output":"DONE_77"}"""),
        new("member of another group", $$"""{"type":"namespace","name":"files","description":"files","tools":[{{Function}}]}""", "files__fetch",
            """{"q":"a"}""",
            """{"type":"function_call","call_id":"C","namespace":"files","name":"fetch","arguments":"{\"q\":\"a\"}"}""",
            """{"type":"function_call_output","call_id":"C","output":"DONE_77"}"""),
        new("custom tool", """{"type":"custom","name":"exec","description":"runs code"}""", "exec", """{"input":"ls\n-la"}""",
            """{"type":"custom_tool_call","call_id":"C","name":"exec","input":"ls\n-la"}""",
            """{"type":"custom_tool_call_output","call_id":"C","output":"DONE_77"}"""),
        new("custom member", """{"type":"namespace","name":"ed","description":"","tools":[{"type":"custom","name":"patch","description":"d"}]}""",
            "ed__patch", """{"input":"x"}""",
            """{"type":"custom_tool_call","call_id":"C","namespace":"ed","name":"patch","input":"x"}""",
            """{"type":"custom_tool_call_output","call_id":"C","output":"DONE_77"}"""),
        new("local shell", """{"type":"local_shell"}""", "local_shell", """{"command":["ls","-l"]}""",
            """{"type":"local_shell_call","call_id":"C","action":{"type":"exec","command":["ls","-l"],"env":{}}}""",
            """{"type":"local_shell_call_output","id":"C","output":"DONE_77"}"""),
        new("shell", """{"type":"shell","environment":{"type":"local"}}""", "shell",
            """{"commands":["ls"],"timeout_ms":5,"max_output_length":null}""",
            """{"type":"shell_call","call_id":"C","action":{"commands":["ls"],"timeout_ms":5,"max_output_length":null},"environment":null}""",
            """{"type":"shell_call_output","call_id":"C","output":[{"stdout":"DONE_77","stderr":"","outcome":{"type":"exit","exit_code":0}}]}"""),
        new("patch", """{"type":"apply_patch"}""", "apply_patch", """{"type":"update_file","path":"a","diff":"@@\n-b\n+c"}""",
            """{"type":"apply_patch_call","call_id":"C","operation":{"type":"update_file","path":"a","diff":"@@\n-b\n+c"}}""",
            """{"type":"apply_patch_call_output","call_id":"C","status":"failed","output":"DONE_77"}"""),
        new("tool search",
            """{"type":"tool_search","execution":"client","description":"find","parameters":{"type":"object","properties":{"query":""" +
            """{"type":"string"}}}}""", "tool_search",
            """{"query":"x"}""",
            """{"type":"tool_search_call","call_id":"C","execution":"client","arguments":{"query":"x"}}""",
            """{"type":"tool_search_output","call_id":"C","execution":"client","tools":[{"type":"function","name":"DONE_77","parameters":""" +
                """{"type":"object","properties":{}}}]}"""),
        new("computer", """{"type":"computer"}""", "computer", """{"actions":[{"type":"screenshot"}]}""",
            """{"type":"computer_call","call_id":"C","actions":[{"type":"screenshot"}],"pending_safety_checks":[]}""",
            """{"type":"computer_call_output","call_id":"C","output":{"type":"text","text":"DONE_77"}}"""),
    ];

    public static TheoryData<string, string, bool> Cases
    {
        get
        {
            var cases = new TheoryData<string, string, bool>();
            foreach (Row row in Rows)
            {
                foreach (ProtocolId egress in Enum.GetValues<ProtocolId>().Where(static id => id != ProtocolId.Responses))
                {
                    cases.Add(row.Kind, egress.Name(), false);
                    cases.Add(row.Kind, egress.Name(), true);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_tool_of_the_Responses_API_is_offered_and_its_call_comes_back_as_the_item_it_is(string kind, string to, bool inItem)
    {
        (Row row, ProtocolId egress) = Find(kind, to);
        using var exchange = new ToolExchange(ProtocolId.Responses, egress, Body(row, inItem, history: false));
        string offered = Assert.Single(exchange.Offered, name => name == row.Flat);
        Assert.Contains("fetch", exchange.Offered);
        Assert.All(exchange.Arrived.Tools, static tool => Assert.True(tool.Kind == ToolKind.Custom || tool.Schema.IsObject));

        // Where free text is a form of its own, the provider says it in that form; one that insists on an object is understood too.
        JsonElement whole = exchange.Answer(offered, row.Arguments).GetProperty("output")[0];
        AssertItem(row, whole);
        IReadOnlyList<JsonElement> stream = exchange.Stream(offered, row.Arguments);
        JsonElement added = Event(stream, "response.output_item.added"), done = Event(stream, "response.output_item.done");
        AssertItem(row, done.GetProperty("item"));
        Assert.Equal(added.GetProperty("item").GetProperty("id").GetString(), done.GetProperty("item").GetProperty("id").GetString());
        Assert.Equal(added.GetProperty("item").GetProperty("type").GetString(), done.GetProperty("item").GetProperty("type").GetString());
        Assert.Equal(done.GetProperty("item").GetRawText(), Event(stream, "response.completed").GetProperty("response")
            .GetProperty("output")[0].GetRawText());
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_call_in_the_history_has_the_name_that_is_offered_and_its_output_arrives(string kind, string to, bool inItem)
    {
        (Row row, ProtocolId egress) = Find(kind, to);
        using var exchange = new ToolExchange(ProtocolId.Responses, egress, Body(row, inItem, history: true));
        Assert.Contains(Assert.Single(exchange.Called), exchange.Offered);
        Assert.Contains("DONE_77", exchange.Sent);
        Assert.Equal(exchange.Blocks.Single(static block => block.Kind == BlockKind.ToolUse).Id,
            exchange.Blocks.Single(static block => block.Kind == BlockKind.ToolResult).Id);
        Assert.DoesNotContain(LossField.OpaqueBlock, exchange.Losses);
        Assert.DoesNotContain(LossField.OrphanToolResult, exchange.Losses);
        Assert.DoesNotContain(LossField.HostedTool, exchange.Losses);
    }

    [Theory]
    [InlineData("bash_20250124", "bash", "command")]
    [InlineData("text_editor_20250728", "str_replace_based_edit_tool", "path")]
    [InlineData("memory_20250818", "memory", "old_path")]
    [InlineData("computer_20251124", "computer", "coordinate")]
    public void A_typed_tool_of_Claude_is_offered_everywhere_with_its_documented_input(string type, string name, string property)
    {
        string body = $$"""
            {"model":"m","max_tokens":99,"tools":[{"type":"{{type}}","name":"{{name}}","display_width_px":1280,"display_height_px":800}],"tool_choice":{"type":"tool","name":"{{name}}"},
            "messages":[{"role":"user","content":"x"},{"role":"assistant","content":[{"type":"tool_use","id":"toolu_1","name":"{{name}}","input":{"command":"view"} }]},
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_1","content":"DONE_77"}]}]}
            """;
        foreach (ProtocolId egress in Enum.GetValues<ProtocolId>().Where(static id => id != ProtocolId.Anthropic))
        {
            using var exchange = new ToolExchange(ProtocolId.Anthropic, egress, body);
            Assert.Equal([name], exchange.Offered);
            Assert.Equal([name], exchange.Called);
            Assert.Contains($"\"{property}\"", exchange.Arrived.Tools[0].Schema.ToString());
            Assert.NotEmpty(exchange.Arrived.Tools[0].Description.ToString());
            Assert.Empty(exchange.Losses);
            JsonElement call = exchange.Answer(name, """{"command":"view"}""").GetProperty("content")[0];
            Assert.Equal(("tool_use", name), (call.GetProperty("type").GetString(), call.GetProperty("name").GetString()));
        }
    }

    [Fact]
    public void Groups_that_share_names_with_functions_and_with_each_other_are_told_apart()
    {
        string far = new('n', 70), near = new('m', 70);
        string tools = $$$"""
            [{"type":"function","name":"a__b","parameters":{}},{"type":"namespace","name":"a","description":"","tools":[{"type":"function","name":"b","parameters":{}}]},
            {"type":"function","name":"shell","parameters":{}},{"type":"shell"},
            {"type":"namespace","name":"{{{far}}}","description":"","tools":[{"type":"function","name":"{{{near}}}","parameters":{}}]}]
            """;
        string body = $$"""{"model":"m","input":"x","tools":{{tools}} }""";
        foreach (ProtocolId egress in Enum.GetValues<ProtocolId>().Where(static id => id != ProtocolId.Responses))
        {
            using var exchange = new ToolExchange(ProtocolId.Responses, egress, body);
            Assert.Equal(5, exchange.Offered.Distinct().Count());
            Assert.All(exchange.Offered, name => Assert.Matches(
                egress == ProtocolId.Anthropic ? "^[A-Za-z0-9_-]{1,128}$" : "^[A-Za-z0-9_-]{1,64}$", name));
            Assert.Equal(
                ["function_call a__b ", "function_call b a", "function_call shell ", "shell_call  ", $"function_call {near} {far}"],
                exchange.Offered.Select(name => Shape(exchange.Answer(name, """{"commands":[]}""").GetProperty("output")[0])));
        }
    }

    [Fact]
    public void Arguments_that_are_no_arguments_of_a_typed_tool_come_back_as_the_function_call_they_are()
    {
        using var exchange = new ToolExchange(ProtocolId.Responses, ProtocolId.Anthropic, """{"model":"m","input":"x","tools":[{"type":"shell"}]}""");
        Assert.Equal("function_call shell ", Shape(exchange.Answer("shell", """{"command":"ls"}""").GetProperty("output")[0]));
    }

    private static string Shape(JsonElement item) => $"{item.GetProperty("type")} {Member(item, "name")} {Member(item, "namespace")}";

    private static string Member(JsonElement item, string name) => item.TryGetProperty(name, out JsonElement value) ? value.ToString() : "";

    private static (Row Row, ProtocolId Egress) Find(string kind, string to)
    {
        Assert.True(ProtocolNames.TryParse(to, out ProtocolId egress));
        return (Rows.Single(row => row.Kind == kind), egress);
    }

    private static string Body(Row row, bool inItem, bool history)
    {
        string tools = $"[{Function},{row.Tool}]";
        string item = inItem ? $$"""{"type":"additional_tools","role":"developer","tools":{{tools}}},""" : "";
        string turns = history ? $",{row.Call.Replace("\"C\"", "\"call_1\"")},{row.Output.Replace("\"C\"", "\"call_1\"")}" : "";
        return $$"""{"model":"m","input":""" +
            $$"""[{{item}}{"type":"message","role":"user","content":"go"}{{turns}}]{{(inItem ? "" : ",\"tools\":" + tools)}} }""";
    }

    private static JsonElement Event(IReadOnlyList<JsonElement> stream, string type)
        => Assert.Single(stream, data => data.GetProperty("type").GetString() == type);

    private static void AssertItem(Row row, JsonElement item)
    {
        JsonElement expected = JsonDocument.Parse(row.Call).RootElement;
        Assert.False(string.IsNullOrEmpty(item.GetProperty("id").GetString()));
        Assert.False(string.IsNullOrEmpty(item.GetProperty("call_id").GetString()));
        Assert.Equal("completed", item.GetProperty("status").GetString());
        foreach (JsonProperty member in expected.EnumerateObject().Where(static member => member.Name != "call_id"))
        {
            Assert.True(item.TryGetProperty(member.Name, out JsonElement value), $"{member.Name} is missing in {item}");
            Assert.True(JsonElement.DeepEquals(member.Value, value), $"{member.Name}: {value} instead of {member.Value}");
        }
    }

    private sealed record Row(string Kind, string Tool, string Flat, string Arguments, string Call, string Output);
}
