using System.Text;
using System.Text.Json;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Json;

public class TopLevelMemberTests
{
    [Theory]
    [InlineData("""{"usage":{"a":[1]},"x":{"usage":2}}""", """{"a":[1]}""")]
    [InlineData(""" { "x" : [ { "usage" : 1 } ] , "us\u0061ge" :  1.50 } """, "1.50")]
    [InlineData("""{"usage":1,"usage":"b"}""", "\"b\"")]
    [InlineData("""{"usage":null}""", "null")]
    public void The_last_member_of_the_name_is_found_at_the_top_level_only(string json, string expected)
    {
        Assert.True(TopLevelMember.TryFind(Encoding.UTF8.GetBytes(json), "usage"u8, out JsonSlice value));
        Assert.Equal(expected, value.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}")]
    [InlineData("[{\"usage\":1}]")]
    [InlineData("\"usage\"")]
    [InlineData("{\"x\":{\"usage\":1}}")]
    [InlineData("{\"usage\":1")]
    [InlineData("{\"usage\":")]
    [InlineData("{\"usage\":1}}")]
    public void Nothing_is_found_elsewhere_or_in_what_is_no_object(string json)
    {
        Assert.False(TopLevelMember.TryFind(Encoding.UTF8.GetBytes(json), "usage"u8, out JsonSlice value));
        Assert.True(value.IsAbsent);
    }

    [SkippableFact]
    public void The_usage_of_every_recorded_answer_is_found()
    {
        Skip.IfNot(Corpus.Exists);
        int found = 0;
        foreach (CorpusExchange exchange in Corpus.All.Where(exchange => exchange.IsUnaryAnswer))
        {
            using JsonDocument document = JsonDocument.Parse(exchange.ResponseBody);
            foreach (string name in (string[])["usage", "usageMetadata"])
            {
                bool expected = document.RootElement.TryGetProperty(name, out JsonElement element);
                Assert.Equal(expected, TopLevelMember.TryFind(exchange.ResponseBody, Encoding.UTF8.GetBytes(name), out JsonSlice value));
                Assert.Equal(expected ? element.GetRawText() : "", value.ToString());
                found += expected ? 1 : 0;
            }
        }

        Assert.InRange(found, 400, int.MaxValue);
    }
}
