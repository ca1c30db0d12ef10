using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols.Translation.Request.Schemas;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Request.Schemas;

/// <summary>Schemas for decoders that refuse an open object.</summary>
[Trait("lesson", "13")]
public sealed class StrictSchemaTests
{
    private const string Open = """
        {"type":"object","properties":{
          "additionalProperties":{"type":"string"},
          "properties":{"type":["object","null"],"properties":{"a":{"type":"number"}},"required":["a"]},
          "list":{"type":"array","items":{"type":"object","properties":{}}},
          "pair":{"type":"array","prefixItems":[{"properties":{"x":{"const":{"type":"object"}}},"required":["x"]}]},
          "any":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"object","properties":{"y":{}},"required":["y"]}]}},
         "required":["additionalProperties","properties","list","pair","any"],
         "$defs":{"n":{"type":"object","properties":{"next":{"type":"null"}},"required":["next"]}},
         "examples":[{"type":"object"}]}
        """;

    private const string Closed = """
        {"type":"object","properties":{
          "additionalProperties":{"type":"string"},
          "properties":{"type":["object","null"],"properties":{"a":{"type":"number"}},"required":["a"],"additionalProperties":false},
          "list":{"type":"array","items":{"type":"object","properties":{},"additionalProperties":false}},
          "pair":{"type":"array","prefixItems":[{"properties":{"x":{"const":{"type":"object"}}},"required":["x"],"additionalProperties":false}]},
          "any":{"anyOf":[{"$ref":"#/$defs/n"},{"type":"object","properties":{"y":{}},"required":["y"],"additionalProperties":false}]}},
         "required":["additionalProperties","properties","list","pair","any"],
         "$defs":{"n":{"type":"object","properties":{"next":{"type":"null"}},"required":["next"],"additionalProperties":false}},
         "examples":[{"type":"object"}],"additionalProperties":false}
        """;

    [Theory]
    [InlineData("Anthropic")]
    [InlineData("Bedrock")]
    public void Every_object_of_an_answers_schema_is_closed_for_Claude(string egress)
    {
        JsonElement sent = Carried.Request(ProtocolId.OpenAI, Id(egress), Format(Open, strict: "null"))
            .Json.GetProperty(egress == "Bedrock" ? "outputConfig" : "output_config");

        string schema = egress == "Bedrock"
            ? sent.GetProperty("textFormat").GetProperty("structure").GetProperty("jsonSchema").GetProperty("schema").GetString()!
            : sent.GetProperty("format").GetProperty("schema").GetRawText();
        Assert.Equal(CanonicalJson.Of(Closed), CanonicalJson.Of(schema));
    }

    [Fact]
    public void What_is_closed_already_goes_out_as_it_was_spelt_and_so_does_what_no_strict_decoder_reads()
    {
        using var arena = new IrArena();
        var schema = new JsonSlice(System.Text.Encoding.UTF8.GetBytes(Closed));
        Assert.True(ClosedSchema.Of(schema, arena).Schema.Raw.Equals(schema.Raw));

        JsonElement loose = Carried.Request(ProtocolId.Gemini, ProtocolId.OpenAI, $$$"""
            {"contents":[{"parts":[{"text":"hi"}]}],"generationConfig":{"responseMimeType":"application/json","responseJsonSchema":{{{Open}}} } }
            """).Json.GetProperty("response_format").GetProperty("json_schema");
        Assert.Equal(CanonicalJson.Of(Open), CanonicalJson.Of(loose.GetProperty("schema").GetRawText()));
        Assert.False(loose.TryGetProperty("strict", out _));
    }

    [Fact]
    public void A_map_that_has_to_be_closed_is_a_loss()
    {
        const string Map = """{"type":"object","properties":{"m":{"type":"object","additionalProperties":{"type":"number"}}},"required":["m"]}""";

        Assert.True(Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic, Format(Map, strict: "null")).Losses.Contains(LossField.Schema));
        Assert.False(Carried.Request(ProtocolId.OpenAI, ProtocolId.Anthropic,
            Format("""{"type":"object","properties":{"m":{"type":"number"}} }""", strict: "null")).Losses.Contains(LossField.Schema));
    }

    [Fact]
    public void A_strict_tool_is_closed_and_is_strict_at_OpenAI_only_if_everything_in_it_is_required()
    {
        const string Tools = """
            {"model":"m","max_tokens":9,"messages":[{"role":"user","content":"hi"}],"tools":[
            {"name":"all","strict":true,"input_schema":{"type":"object","properties":{"a":{"type":"string"}},"required":["a"]}},
            {"name":"some","strict":true,"input_schema":{"type":"object","properties":{"a":{"type":"string"}}}},
            {"name":"free","input_schema":{"type":"object","properties":{"a":{"type":"string"}}}}]}
            """;
        Carried sent = Carried.Request(ProtocolId.Anthropic, ProtocolId.OpenAI, Tools);
        JsonElement[] functions = [.. sent.Json.GetProperty("tools").EnumerateArray().Select(static tool => tool.GetProperty("function"))];

        Assert.Equal([true, false, false], functions.Select(static function => function.TryGetProperty("strict", out JsonElement strict)
            && strict.GetBoolean()));
        Assert.Equal([true, false, false], functions.Select(static function => function.GetProperty("parameters")
            .TryGetProperty("additionalProperties", out _)));
        Assert.True(sent.Losses.Contains(LossField.ToolStrict));

        JsonElement atBedrock = Carried.Request(ProtocolId.Anthropic, ProtocolId.Bedrock, Tools).Json.GetProperty("toolConfig").GetProperty("tools");
        Assert.Equal([true, true, false], atBedrock.EnumerateArray()
            .Select(static tool => tool.GetProperty("toolSpec").GetProperty("inputSchema").GetProperty("json")
            .TryGetProperty("additionalProperties", out _)));
    }

    private static string Format(string schema, string strict) => $$$"""
        {"model":"m","messages":[{"role":"user","content":"hi"}],"response_format":{"type":"json_schema","json_schema":{"name":"n","strict":{{{strict}}},"schema":{{{schema}}} } } }
        """;

    private static ProtocolId Id(string name) => Enum.Parse<ProtocolId>(name);
}
