using System.Text;
using Busbar.Ir;
using Busbar.Protocols.Gemini.Schemas;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Gemini.Schemas;

public sealed class SchemaTests
{
    private static string Lowered(string schema)
    {
        using var buffer = new PooledBuffer();
        var output = new JsonWriter(buffer);
        output.StartObject();
        Losses losses = default;
        SchemaLowering.Write("s"u8, JsonSlice.From(Encoding.UTF8.GetBytes(schema)), output, ref losses);
        output.EndObject();
        return Content.Parse(buffer.Span).GetProperty("s").GetRawText();
    }

    private static string Lifted(string schema)
    {
        using var tape = new JsonTape();
        using var arena = new IrArena();
        Assert.True(tape.TryParse(Encoding.UTF8.GetBytes(schema)));
        return SchemaLifting.Lift(tape.Root, arena).ToString();
    }

    [Theory, Trait("gotcha", "T196")]
    [InlineData("""{"type":["string","null"]}""", """{"type":"STRING","nullable":true}""")]
    [InlineData("""{"const":"a"}""", """{"type":"STRING","enum":["a"]}""")]
    [InlineData("""{"enum":["a","b"],"description":"d"}""", """{"type":"STRING","enum":["a","b"],"description":"d"}""")]
    [InlineData("""{"type":"string","format":"uri","pattern":"x","$comment":"c","examples":[1]}""", """{"type":"STRING","pattern":"x"}""")]
    [InlineData("""{"type":"string","format":"date-time"}""", """{"type":"STRING","format":"date-time"}""")]
    [InlineData("""{"type":"array"}""", """{"type":"ARRAY","items":{"type":"STRING"}}""")]
    [InlineData("""{"type":"object","additionalProperties":false}""", """{"type":"OBJECT"}""")]
    [InlineData("""{"properties":{"const":{"type":"integer"},"$ref":{"type":"boolean"}},"required":["const","gone","const"]}""",
        """{"type":"OBJECT","properties":{"const":{"type":"INTEGER"},"$ref":{"type":"BOOLEAN"}},"required":["const"]}""")]
    [InlineData("""{"anyOf":[{"type":"integer"},{"type":"null"}]}""", """{"type":"INTEGER","nullable":true}""")]
    [InlineData("""{"oneOf":[{"type":"integer"},{"type":"string"}]}""", """{"anyOf":[{"type":"INTEGER"},{"type":"STRING"}]}""")]
    [InlineData("""{"$defs":{"a":{"type":"number","title":"T"}},"properties":{"x":{"$ref":"#/$defs/a","title":"S"}}}""",
        """{"type":"OBJECT","properties":{"x":{"type":"NUMBER","title":"S"}}}""")]
    [InlineData("""{"allOf":[{"properties":{"a":{"type":"string"}}},{"properties":{"b":{"type":"string"}},"required":["b"]}]}""",
        """{"type":"OBJECT","properties":{"a":{"type":"STRING"},"b":{"type":"STRING"}},"required":["b"]}""")]
    [InlineData("true", """{"type":"STRING"}""")]
    public void A_schema_is_lowered_without_losing_its_sense(string schema, string expected) => Assert.Equal(expected, Lowered(schema));

    [Fact, Trait("gotcha", "T196")]
    public void A_schema_that_contains_itself_ends()
    {
        Assert.Equal("""{"type":"OBJECT","properties":{"child":{"type":"STRING"}}}""",
            Lowered("""{"$ref":"#/$defs/n","$defs":{"n":{"type":"object","properties":{"child":{"$ref":"#/$defs/n"}}}}}"""));
        Assert.NotEqual("", Lowered("""{"$ref":"#"}"""));
    }

    [Fact]
    public void A_schema_that_doubles_at_every_reference_stays_bounded()
    {
        var definitions = new StringBuilder();
        for (int level = 0; level < 60; level++)
        {
            definitions.Append((level > 0 ? "," : "") + "\"d" + level + "\""
                + """:{"type":"object","properties":{"a":{"$ref":"#/$defs/dB"},"b":{"$ref":"#/$defs/dB"}}}""".Replace("dB", "d" + (level + 1)));
        }

        Assert.InRange(Lowered("{\"$ref\":\"#/$defs/d0\",\"$defs\":{" + definitions + "}}").Length, 1, 3 * 1024 * 1024);
    }

    [Theory]
    [InlineData("""{"type":"OBJECT","properties":{"type":{"type":"STRING","nullable":true},"nullable":""" +
        """{"type":"INTEGER","format":"int32"}},"propertyOrdering":["type"],"required":["type"]}""",
        """{"type":"object","properties":{"type":{"type":["string","null"]},"nullable":{"type":"integer","format":"int32"}},"required":["type"]}""")]
    [InlineData("""{"type":"ARRAY","items":{"any_of":[{"type":"NUMBER"}]},"minItems":"1","max_items":2}""",
        """{"type":"array","items":{"anyOf":[{"type":"number"}]},"minItems":1,"maxItems":2}""")]
    [InlineData("""{"type":"object","example":{"a":1}}""", """{"type":"object","examples":[{"a":1}]}""")]
    public void The_vendors_schema_becomes_json_schema(string schema, string expected) => Assert.Equal(expected, Lifted(schema));
}
