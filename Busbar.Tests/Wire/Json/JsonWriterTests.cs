using System.Text;
using System.Text.Json;
using Busbar.Wire;
using Busbar.Wire.Framing;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Json;

public class JsonWriterTests
{
    [Fact]
    public void A_document_copied_token_by_token_is_the_same_document()
    {
        var random = new Random(4);
        using var tape = new JsonTape();
        using var output = new PooledBuffer(1);
        for (int round = 0; round < 1000; round++)
        {
            byte[] json = RandomText.Document(random);
            Assert.True(tape.TryParse(json));
            output.Clear();
            Copy(tape.Root, new JsonWriter(output));
            using JsonDocument expected = JsonDocument.Parse(json);
            using JsonDocument actual = JsonDocument.Parse(output.Memory);
            Assert.True(JsonElement.DeepEquals(expected.RootElement, actual.RootElement));
        }
    }

    [Fact]
    public void Every_kind_of_member_is_written_with_its_commas()
    {
        using var output = new PooledBuffer(1);
        var json = new JsonWriter(output);
        json.StartObject();
        json.Text("t"u8, JsonText.From("a\"b"));
        json.TextIfPresent("no"u8, default);
        json.RawIfPresent("no"u8, default);
        json.Literal("l"u8, "x"u8);
        json.String("s"u8, "\n\ud800");
        json.Stringified("j"u8, JsonSlice.From("{\"k\":\"v\\n\"}"u8));
        json.Number("i"u8, long.MinValue);
        json.Number("d"u8, 0.1);
        json.Number("e"u8, 1e300);
        json.Bool("b"u8, false);
        json.Null("n"u8);
        json.StartArray("a"u8);
        json.Number(1);
        json.String("two");
        json.Literal("three"u8);
        json.StartArray();
        json.EndArray();
        json.StartObject();
        json.EndObject();
        json.Raw(JsonSlice.From("null"u8));
        json.EndArray();
        json.StartObject("o"u8);
        json.Raw("r"u8, JsonSlice.From("1.50"u8));
        json.EndObject();
        json.EndObject();
        Assert.Equal(
            """{"t":"a\"b","l":"x","s":"\n?","j":"{\"k\":\"v\\n\"}","i":-9223372036854775808,"d":0.1,"e":1E+300,"b":false,"n":null,"a":""" +
                """[1,"two","three",[],{},null],"o":{"r":1.50}}""",
            Encoding.UTF8.GetString(output.Span).Replace('\ufffd', '?'));
    }

    [Fact]
    public void A_value_may_follow_the_framing_of_an_event_or_of_an_array()
    {
        using var output = new PooledBuffer();
        var array = new JsonArrayWriter();
        for (int count = 0; count < 2; count++)
        {
            Assert.True(array.TryStart(output));
            var json = new JsonWriter(output);
            json.StartObject();
            json.Bool("a"u8, true);
            json.EndObject();
        }

        array.Close(output);
        output.Write("\n\ndata: "u8);
        new JsonWriter(output).StartObject();
        Assert.Equal("[{\"a\":true},{\"a\":true}]\n\ndata: {", Encoding.UTF8.GetString(output.Span));
    }

    private static void Copy(JsonNode node, JsonWriter json)
    {
        if (node.IsObject)
        {
            json.StartObject();
            foreach (JsonMember member in node.Members)
            {
                json.Name(member.Name.Span);
                Copy(member.Value, json);
            }

            json.EndObject();
        }
        else if (node.IsArray)
        {
            json.StartArray();
            foreach (JsonNode item in node.Items)
            {
                Copy(item, json);
            }

            json.EndArray();
        }
        else if (node.IsString)
        {
            json.Text(node.Text);
        }
        else
        {
            json.Raw(node.Raw);
        }
    }
}
