using System.Text;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Json;

public sealed class JsonNodeTests
{
    [Theory]
    [InlineData("7", 7L)]
    [InlineData("-7.0", -7L)]
    [InlineData("9223372036854775808", long.MaxValue)]
    [InlineData("-1e300", long.MinValue)]
    [InlineData("0.5", null)]
    [InlineData("1e400", null)]
    [InlineData("\"7\"", null)]
    [InlineData("null", null)]
    public void An_integer_beyond_the_range_is_the_last_within_it(string json, long? expected)
    {
        using var tape = new JsonTape();
        Assert.Equal(expected, Parse(tape, json).Saturated);
    }

    [Theory]
    [InlineData("{}", nameof(JsonNode.IsObject))]
    [InlineData("[]", nameof(JsonNode.IsArray))]
    [InlineData("\"\"", nameof(JsonNode.IsString))]
    [InlineData("0", nameof(JsonNode.IsNumber))]
    [InlineData("true", nameof(JsonNode.IsTrue))]
    [InlineData("false", "")]
    [InlineData("null", nameof(JsonNode.IsNull))]
    public void A_value_is_of_one_kind(string json, string kind)
    {
        using var tape = new JsonTape();
        JsonNode node = Parse(tape, json);
        (string Name, bool Is)[] kinds =
        [
            (nameof(JsonNode.IsObject), node.IsObject), (nameof(JsonNode.IsArray), node.IsArray), (nameof(JsonNode.IsString), node.IsString),
            (nameof(JsonNode.IsNumber), node.IsNumber), (nameof(JsonNode.IsTrue), node.IsTrue), (nameof(JsonNode.IsNull), node.IsNull),
            (nameof(JsonNode.IsMissing), node.IsMissing),
        ];
        Assert.Equal(kind.Length == 0 ? [] : [kind], kinds.Where(one => one.Is).Select(one => one.Name));
        Assert.Equal(json is "true" or "false" ? json == "true" : null, node.Bool);

        JsonSlice raw = node.Raw;
        Assert.Equal((node.IsObject, node.IsArray, node.IsString, node.IsNull), (raw.IsObject, raw.IsArray, raw.IsString, raw.IsNull));
        Assert.Equal(!node.IsString, raw.AsText().IsAbsent);
        Assert.False(raw.IsAbsent);
    }

    [Fact]
    public void An_absent_value_is_of_no_kind_and_differs_from_null()
    {
        JsonSlice absent = default;
        Assert.True(absent is { IsAbsent: true, IsNull: true, IsObject: false, IsArray: false, IsString: false });
        Assert.True(absent.AsText().IsAbsent);
        Assert.False(JsonSlice.From("null"u8).IsAbsent);
        Assert.Equal("a\"b", JsonSlice.From("\"a\\\"b\""u8).AsText().ToString());
    }

    [Fact]
    public void Where_members_of_a_name_stand_is_told_for_the_first_sixty_four()
    {
        string[] names = [.. Enumerable.Range(0, 70).Select(at => at is 0 or 3 or 63 or 65 ? "a" : at == 7 ? "\\u0061" : "b")];
        using var tape = new JsonTape();
        JsonNode node = Parse(tape, "{" + string.Join(',', names.Select((name, at) => $"\"{name}\":[{at}]")) + "}");
        ulong positions = 1UL << 40;
        Assert.Equal(65, node.Find("a"u8, ref positions)[0].Integer);
        Assert.Equal((1UL << 0) | (1UL << 3) | (1UL << 7) | (1UL << 40) | (1UL << 63), positions);
        Assert.True(node.Find("c"u8, ref positions).IsMissing);
        Assert.True(node["a"u8].Find("a"u8, ref positions).IsMissing);
    }

    [Fact]
    public void Members_that_were_kept_are_found_in_any_spelling_and_written_as_they_were_read()
    {
        using var tape = new JsonTape();
        List<JsonMember> members = [.. Members(Parse(tape, """{"a\u0062":1.0,"c":{"d": 2},"ab":3}"""))];
        Assert.Equal("1.0", members.Find("ab"u8).Raw.ToString());
        Assert.True(members.Find("d"u8).IsMissing);
        using var output = new PooledBuffer();
        var json = new JsonWriter(output);
        json.StartObject();
        members.Write(json);
        json.EndObject();
        Assert.Equal("""{"a\u0062":1.0,"c":{"d": 2},"ab":3}""", Encoding.UTF8.GetString(output.Span));
    }

    private static IEnumerable<JsonMember> Members(JsonNode node)
    {
        foreach (JsonMember member in node.Members)
        {
            yield return member;
        }
    }

    private static JsonNode Parse(JsonTape tape, string json)
    {
        Assert.True(tape.TryParse(Encoding.UTF8.GetBytes(json)));
        return tape.Root;
    }
}
