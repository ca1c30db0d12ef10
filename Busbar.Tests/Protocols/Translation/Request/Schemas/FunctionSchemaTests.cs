using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Models;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Protocols.Translation.Request.Schemas;

/// <summary>
/// Schemas of functions and answers in the shapes that vendors take: an object at the top, and no recursion for Claude's strict decoder.
/// </summary>
public sealed class FunctionSchemaTests
{
    private const string Tree = """
        {"$ref":"#/$defs/Node","$defs":{"Node":{"type":"object","properties":{"name":{"type":"string"},"children":{"type":"array","items":{"$ref":"#/$defs/Node"}}},"required":["name","children"],"additionalProperties":false}}}
        """;

    private const string Choice = """
        {"description":"d","anyOf":[{"type":"object","properties":{"a":{"type":"string"},"b":{"type":"integer"}},"required":["a","b"]},{"type":"object","properties":{"b":{"type":"integer"},"c":{"type":"string"}},"required":["b"]}]}
        """;

    [Theory]
    [InlineData("anthropic")]
    [InlineData("bedrock")]
    [InlineData("responses")]
    [InlineData("cohere")]
    public void A_choice_at_the_top_becomes_one_object_and_is_counted(string egress)
    {
        Carried request = Send(egress, Choice);
        JsonElement schema = Schema(request.Json);
        Assert.Equal("object", schema.GetProperty("type").GetString());
        Assert.False(schema.TryGetProperty("anyOf", out _));
        Assert.Equal(["a", "b", "c"], schema.GetProperty("properties").EnumerateObject().Select(static property => property.Name));
        Assert.Equal(["b"], schema.GetProperty("required").EnumerateArray().Select(static name => name.GetString()));
        Assert.Equal("d", schema.GetProperty("description").GetString());
        Assert.Contains(LossField.Schema, Hop.Fields(request.Losses));
    }

    [Theory]
    [InlineData("anthropic")]
    [InlineData("bedrock")]
    [InlineData("responses")]
    [InlineData("cohere")]
    public void A_reference_at_the_top_becomes_what_it_refers_to(string egress)
    {
        Carried request = Send(egress, Tree);
        JsonElement schema = Schema(request.Json);
        Assert.Equal("object", schema.GetProperty("type").GetString());
        Assert.Equal(["name", "children"], schema.GetProperty("properties").EnumerateObject().Select(static property => property.Name));
        Assert.True(schema.GetProperty("$defs").TryGetProperty("Node", out _));
        Assert.Empty(Hop.Fields(request.Losses));
    }

    [Theory]
    [InlineData("{}", 0)]
    [InlineData("""{"properties":{"a":{"type":"string"}}}""", 1)]
    [InlineData("""{"allOf":[{"properties":{"a":{"type":"string"}},"required":["a"]},{"$ref":"#/$defs/b"}],"$defs":{"b":{"properties":{"b":""" +
        """{"type":"string"}}}}}""", 2)]
    [InlineData("""{"$ref":"#"}""", 0)]
    [InlineData("""{"$ref":"https://example.org/schema"}""", 0)]
    [InlineData("""{"anyOf":[{"$ref":"#"},{"$ref":"#"},{"$ref":"#"}],"properties":{"a":{}}}""", 1)]
    public void Whatever_stands_at_the_top_an_object_is_sent(string given, int properties)
    {
        JsonElement schema = Schema(Send("anthropic", given).Json);
        Assert.Equal("object", schema.GetProperty("type").GetString());
        Assert.Equal(properties, schema.GetProperty("properties").EnumerateObject().Count());
    }

    [Fact]
    public void A_recursive_strict_tool_goes_to_Claude_without_the_mark()
    {
        Carried request = Send("anthropic", Tree, isStrict: true);
        Assert.False(request.Json.GetProperty("tools")[0].TryGetProperty("strict", out JsonElement strict) && strict.GetBoolean());
        Assert.Contains(LossField.ToolStrict, Hop.Fields(request.Losses));
        Assert.True(Send("responses", Tree, isStrict: true).Json.GetProperty("tools")[0].GetProperty("strict").GetBoolean());
    }

    [Fact]
    public void A_recursive_answer_form_becomes_a_forced_call_at_Claude_and_comes_back_as_the_answer()
    {
        string body =
            $$"""{"model":"m","messages":""" +
            $$"""[{"role":"user","content":"x"}],"response_format":{"type":"json_schema","json_schema":{"name":"tree","strict":""" +
            $$"""true,"schema":{{Tree}} } } }""";
        using var exchange = new ToolExchange(ProtocolId.OpenAI, ProtocolId.Anthropic, body);
        Assert.Equal(["tree"], exchange.Offered);
        Assert.DoesNotContain("output_config", exchange.Sent);
        Assert.Contains("ROOT", exchange.Answer("tree", """{"name":"ROOT","children":[]}""").GetProperty("choices")[0].GetProperty("message")
            .GetProperty("content").GetString());
        EgressTarget unforced = new() { WireModel = "claude-x", Capabilities =
            ModelCapabilities.For(ProtocolId.Anthropic, "claude-x", new Dictionary<string, bool> { ["forced_tool_choice"] = false }) };
        Assert.Equal("response_format", Carried.Refused(ProtocolId.OpenAI, ProtocolId.Anthropic, body, unforced).Param);
    }

    [Fact]
    public void A_schema_that_only_repeats_itself_is_not_taken_for_recursion()
    {
        const string Twice =
            """{"type":"object","properties":{"a":{"$ref":"#/$defs/P"},"b":{"$ref":"#/$defs/P"}},"required":["a","b"],"additionalProperties":""" +
            """false,"$defs":{"P":{"type":"object","properties":{"x":{"type":"integer"}},"required":["x"],"additionalProperties":false}}}""";
        Assert.True(Send("anthropic", Twice, isStrict: true).Json.GetProperty("tools")[0].GetProperty("strict").GetBoolean());
    }

    [Fact]
    public void Types_that_a_Gemini_client_numbers_are_named()
    {
        JsonElement schema = Carried.Request(ProtocolId.Gemini, ProtocolId.Anthropic, """
            {"contents":[{"role":"user","parts":[{"text":"x"}]}],"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":6,"properties":{"a":{"type":1},"b":{"type":3}}}}]}]}
            """).Json.GetProperty("tools")[0].GetProperty("input_schema");
        Assert.Equal("object", schema.GetProperty("type").GetString());
        Assert.Equal("string", schema.GetProperty("properties").GetProperty("a").GetProperty("type").GetString());
        Assert.Equal("integer", schema.GetProperty("properties").GetProperty("b").GetProperty("type").GetString());
    }

    private static Carried Send(string egress, string schema, bool isStrict = false) => Carried.Request(ProtocolId.OpenAI, Hop.Named(egress), $$"""
        {"model":"m","messages":[{"role":"user","content":"x"}],"tools":[{"type":"function","function":{"name":"f","strict":{{(isStrict ? "true" : "false")}},"parameters":{{schema}} } }]}
        """);

    private static JsonElement Schema(JsonElement body) =>
        body.TryGetProperty("toolConfig", out JsonElement config)
            ? config.GetProperty("tools")[0].GetProperty("toolSpec").GetProperty("inputSchema").GetProperty("json")
        : body.GetProperty("tools")[0] is var tool && tool.TryGetProperty("input_schema", out JsonElement schema) ? schema
        : tool.TryGetProperty("function", out JsonElement function) ? function.GetProperty("parameters")
        : tool.GetProperty("parameters");
}
