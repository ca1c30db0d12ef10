using System.Text;
using System.Text.Json;
using Busbar.Ir;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Json;

public class JsonTapeTests
{
    [Fact]
    public void A_document_reads_as_a_full_parser_reads_it()
    {
        var random = new Random(3);
        using var tape = new JsonTape();
        for (int round = 0; round < 2000; round++)
        {
            byte[] json = RandomText.Document(random);
            Assert.True(tape.TryParse(json));
            using JsonDocument document = JsonDocument.Parse(json);
            AssertSame(document.RootElement, tape.Root);
        }
    }

    [SkippableFact]
    public void Recorded_bodies_read_as_a_full_parser_reads_them()
    {
        Skip.IfNot(Corpus.Exists);
        using var tape = new JsonTape();
        int seen = 0;
        foreach (ProtocolId protocol in Enum.GetValues<ProtocolId>())
        {
            foreach (CorpusExchange exchange in Corpus.Of(protocol).Where(exchange => exchange.IsUnaryAnswer))
            {
                Assert.True(tape.TryParse(exchange.ResponseBody));
                using JsonDocument document = JsonDocument.Parse(exchange.ResponseBody);
                AssertSame(document.RootElement, tape.Root);
                seen++;
            }
        }

        Assert.InRange(seen, 500, int.MaxValue);
    }

    [Theory, Trait("gotcha", "T38")]
    [InlineData(128, true)]
    [InlineData(129, false)]
    [InlineData(200, false)]
    [InlineData(1_000_000, false)]
    public void Nesting_beyond_128_levels_is_refused(int depth, bool expected)
    {
        byte[] json = Encoding.UTF8.GetBytes(new string('[', depth) + new string(']', depth));
        using var tape = new JsonTape();
        Assert.Equal(expected, tape.TryParse(json));
        Assert.Equal(!expected, tape.Root.IsMissing);
        Assert.Equal(expected, JsonSyntax.IsValue(json));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("{")]
    [InlineData("{}{}")]
    [InlineData("[1,]")]
    [InlineData("{\"a\" 1}")]
    [InlineData("01")]
    [InlineData("\"\\x\"")]
    [InlineData("\"\t\"")]
    [InlineData("// c\n1")]
    public void What_is_not_one_json_value_is_refused_and_forgets_the_document_before(string json)
    {
        using var tape = new JsonTape();
        Assert.True(tape.TryParse("{\"a\":1}"u8.ToArray()));
        Assert.False(tape.TryParse(Encoding.UTF8.GetBytes(json)));
        Assert.True(tape.Root.IsMissing);
        Assert.False(JsonSyntax.IsValue(Encoding.UTF8.GetBytes(json)));
    }

    [Fact]
    public void Bytes_that_are_no_utf8_are_refused()
    {
        using var tape = new JsonTape();
        Assert.False(tape.TryParse(new byte[] { (byte)'"', 0xC3, (byte)'"' }));
    }

    [Fact]
    public void The_last_of_repeated_members_wins_in_any_spelling()
    {
        using var tape = new JsonTape();
        Assert.True(tape.TryParse("{\"a\":1,\"b\":2,\"\\u0061\":3}"u8.ToArray()));
        Assert.Equal(3, tape.Root["a"u8].Integer);
    }

    [Fact]
    public void What_is_missing_answers_absent_all_the_way()
    {
        using var tape = new JsonTape();
        Assert.True(tape.TryParse("{\"a\":[1,{\"b\":\"c\"}],\"n\":null}"u8.ToArray()));
        Assert.Equal("c", tape.Root["a"u8][1]["b"u8].Text.ToString());
        JsonNode missing = tape.Root["x"u8]["y"u8][3]["z"u8];
        Assert.True(missing.IsMissing && missing.IsNull && missing.Text.IsAbsent && missing.Raw.IsAbsent);
        Assert.True(missing.Integer is null && missing.Number is null && missing.Bool is null);
        Assert.True(tape.Root["a"u8]["b"u8].IsMissing);
        Assert.True(tape.Root["a"u8][2].IsMissing);
        Assert.True(tape.Root["n"u8] is { IsNull: true, IsMissing: false });
        Assert.True(tape.Root["a"u8][0].Text.IsAbsent);
    }

    [Theory]
    [InlineData("0", 0L)]
    [InlineData("-0", 0L)]
    [InlineData("1.0", 1L)]
    [InlineData("1.5", null)]
    [InlineData("1e3", 1000L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    [InlineData("-9223372036854775808", long.MinValue)]
    [InlineData("9223372036854775808", null)]
    [InlineData("1e400", null)]
    [InlineData("\"1\"", null)]
    public void An_integer_is_any_number_with_an_integral_value(string json, long? expected)
    {
        using var tape = new JsonTape();
        Assert.True(tape.TryParse(Encoding.UTF8.GetBytes(json)));
        Assert.Equal(expected, tape.Root.Integer);
    }

    [Fact]
    public void A_number_beyond_the_range_of_a_double_is_none()
    {
        using var tape = new JsonTape();
        Assert.True(tape.TryParse("[1e400,-1e400,1e-400,0.1]"u8.ToArray()));
        Assert.Equal((null, null), (tape.Root[0].Number, tape.Root[1].Number));
        Assert.Equal((0.0, 0.1), (tape.Root[2].Number, tape.Root[3].Number));
        Assert.Equal("1e400", tape.Root[0].Raw.ToString());
    }

    [Fact]
    public void A_document_that_was_scanned_before_is_indexed_as_any_other()
    {
        byte[] body = Encoding.UTF8.GetBytes($$"""{"a":"é \u00e9 \"quoted\"","b":[{"c":[1,null]},"{{new string('x', 70_000)}}"]}""");
        Assert.Equal(ScanResult.Ok, RequestScan.TryScan(body, out RequestScan scan));
        using var tape = new JsonTape();
        tape.Expect(body, scan.Entries);
        Assert.True(tape.TryParse(body));
        using JsonDocument document = JsonDocument.Parse(body);
        AssertSame(document.RootElement, tape.Root);
    }

    [Fact]
    public void What_is_known_of_one_document_is_not_believed_of_another()
    {
        byte[] known = """{"a":"\n"}"""u8.ToArray();
        byte[] broken = """{"a":"\z"}"""u8.ToArray();
        using var tape = new JsonTape();
        tape.Expect(known, 3);
        Assert.False(tape.TryParse(broken));
        tape.Expect(broken, 0);
        Assert.False(tape.TryParse(broken));
        tape.Expect(known, 3);
        Assert.True(tape.TryParse(known));
        known[7] = (byte)'z';
        Assert.False(tape.TryParse(known));
    }

    private static void AssertSame(JsonElement expected, JsonNode actual)
    {
        Assert.Equal(expected.GetRawText(), actual.Raw.ToString());
        switch (expected.ValueKind)
        {
            case JsonValueKind.Object:
                int members = 0;
                foreach (JsonMember member in actual.Members)
                {
                    members++;
                    AssertSame(expected.GetProperty(member.Name.ToString()), member.Value);
                }

                Assert.Equal(expected.EnumerateObject().Count(), members);
                break;
            case JsonValueKind.Array:
                int items = 0;
                foreach (JsonNode item in actual.Items)
                {
                    AssertSame(expected[items++], item);
                }

                Assert.Equal(expected.GetArrayLength(), items);
                break;
            case JsonValueKind.String:
                Assert.Equal(expected.GetString(), actual.Text.ToString());
                break;
            case JsonValueKind.Number:
                Assert.Equal(expected.GetDouble(), actual.Number);
                break;
            case JsonValueKind.True or JsonValueKind.False:
                Assert.Equal(expected.GetBoolean(), actual.Bool);
                break;
            default:
                Assert.True(actual is { IsNull: true, IsMissing: false });
                break;
        }
    }
}
