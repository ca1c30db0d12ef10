using System.Text;
using Busbar.Ir;
using Busbar.Protocols.OpenAI;
using JsonTree = System.Text.Json.Nodes.JsonNode;

namespace Busbar.Tests.Protocols.OpenAI;

public sealed class UsageFilterTests
{
    private static string Shown(string data)
    {
        using var filter = new UsageFilter();
        (int start, int length) = filter.Hidden(Encoding.UTF8.GetBytes(data));
        return data.Remove(start, length);
    }

    [Theory, Trait("gotcha", "T122")]
    [InlineData("""{"choices":[{"delta":{}}],"usage":null}""", """{"choices":[{"delta":{}}]}""")]
    [InlineData("""{"usage" : {"a":1} , "choices":[{"delta":{}}]}""", """{ "choices":[{"delta":{}}]}""")]
    [InlineData("""{"b":1 , "usage":{"a":1},"a":2,"choices":[{}]}""", """{"b":1 ,"a":2,"choices":[{}]}""")]
    [InlineData("""{"usage":1}""", "{}")]
    [InlineData("""{"choices":[],"usage":{"prompt_tokens":1}}""", "")]
    [InlineData("""{"choices":[{"delta":{"content":"\"usage\":1"}}]}""", """{"choices":[{"delta":{"content":"\"usage\":1"}}]}""")]
    [InlineData("""{"choices":[{"usage":1}],"x":{"usage":2}}""", """{"choices":[{"usage":1}],"x":{"usage":2}}""")]
    [InlineData("[DONE]", "[DONE]")]
    [InlineData("""{"usage":""", """{"usage":""")]
    public void Only_the_member_itself_goes(string data, string expected) => Assert.Equal(expected, Shown(data));

    [SkippableFact, Trait("gotcha", "T121"), Trait("gotcha", "T122")]
    public void Recorded_chunks_lose_usage_and_nothing_else()
    {
        Skip.IfNot(Corpus.Exists);
        int hidden = 0;
        foreach (CorpusExchange exchange in Corpus.Of(ProtocolId.OpenAI).Where(exchange => exchange.IsSse))
        {
            foreach (string line in Encoding.UTF8.GetString(exchange.ResponseBody.Span).Split('\n')
                .Where(line => line.StartsWith("data: {", StringComparison.Ordinal)))
            {
                using var filter = new UsageFilter();
                byte[] data = Encoding.UTF8.GetBytes(line[6..]);
                (int start, int length) = filter.Hidden(data);
                hidden += length > 0 ? 1 : 0;
                if (length == data.Length)
                {
                    continue;
                }

                byte[] shown = [.. data[..start], .. data[(start + length)..]];
                var expected = (System.Text.Json.Nodes.JsonObject)JsonTree.Parse(data)!;
                expected.Remove("usage");
                Assert.True(JsonTree.DeepEquals(expected, JsonTree.Parse(shown)));
            }
        }

        Assert.True(hidden > 100);
    }
}
