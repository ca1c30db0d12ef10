using System.Text;
using System.Text.Json.Nodes;
using Busbar.Protocols;
using Busbar.Protocols.Anthropic.Platforms;
using Busbar.Wire;
using Busbar.Wire.Json;
using JsonNode = System.Text.Json.Nodes.JsonNode;

namespace Busbar.Tests.Protocols.Anthropic.Platforms;

/// <summary>A body of Messages goes from one cloud's frame to another's.</summary>
public sealed class BodyRewriterTests
{
    public static TheoryData<string, string, string, string?, string?> Bodies => new()
    {
        // The vendor's own to the clouds.
        { "vertex", """{"model":"a","max_tokens":1,"stream":true,"x":[1, 2]}""",
            """{"anthropic_version":"vertex-2023-10-16","max_tokens":1,"stream":true,"x":[1, 2]}""", null, null },
        { "invoke", """{"model":"a","max_tokens":1,"stream":true,"x":[1, 2]}""",
            """{"anthropic_version":"bedrock-2023-05-31","max_tokens":1,"x":[1, 2]}""", null, null },
        { "invoke", """{ "x" : 1 , "model":"a" , "stream":false , "y":2 } """, """{"anthropic_version":"bedrock-2023-05-31","x" : 1,"y":2 } """, null,
            null },
        { "invoke", """{"model":"a"}""", """{"anthropic_version":"bedrock-2023-05-31"}""", null, null },
        { "invoke", """{"mod\u0065l":"a","stre\u0061m":true,"x":{"model":"b","stream":[]}}""",
            """{"anthropic_version":"bedrock-2023-05-31","x":{"model":"b","stream":[]}}""", null, null },

        // One cloud's to another's, and to the vendor.
        { "vertex", """{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["b1","b2"],"x":1}""",
            """{"anthropic_version":"vertex-2023-10-16","stream":true,"x":1}""", null, "b1,b2" },
        { "invoke", """{"x":1,"anthropic_version":"vertex-2023-10-16","stream":true}""", """{"anthropic_version":"bedrock-2023-05-31","x":1}""", null,
            null },
        { "messages", """{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["b1"],"x":1}""", """{"model":"wire","stream":true,"x":1}""",
            null, "b1" },
        { "messages", """{"anthropic_version":"2026-10-21","x":1,"stream":true}""", """{"model":"wire","x":1,"stream":true}""", "2026-10-21", null },
        { "vertex", """{"anthropic_version":"2026-10-21","x":1}""", """{"anthropic_version":"2026-10-21","stream":true,"x":1}""", null, null },
        { "messages", """{"anthropic_version":"2026-99-99","anthropic_beta":"b1","x":1}""", """{"model":"wire","stream":true,"x":1}""", null, null },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Only_what_the_frames_differ_in_changes(string to, string body, string expected, string? version, string? betas)
    {
        (string written, ReframedHeaders headers) = Rewrite(body, to);

        Assert.Equal(expected, written);
        Assert.Equal((version, betas), (headers.Version, headers.Betas));
    }

    [Fact]
    public void Betas_of_headers_and_body_are_one_list_without_repetition()
    {
        (string written, ReframedHeaders headers) = Rewrite("""{"anthropic_beta":["a","b\u0022",7,null],"x":1}""", "invoke", "c", "a");

        Assert.Equal("""{"anthropic_version":"bedrock-2023-05-31","anthropic_beta":["c","a","b\""],"x":1}""", written);
        Assert.Null(headers.Betas);
    }

    [Fact]
    public void Whatever_stands_where_the_result_is_JSON_with_every_other_member_in_its_order()
    {
        var random = new Random(7);
        string[] known = ["\"model\":\"m\"", "\"stream\":true", "\"anthropic_version\":\"bedrock-2023-05-31\"", "\"anthropic_beta\":[\"b\", \"c\"]",
            "\"stream\":{\"a\":[1,{}]}", "\"model\":[[]]"];
        string[] others = ["\"messages\":[{\"model\":\"x\",\"stream\":1}]", "\"a\":{}", "\"b\":[]", "\"c\":\"}\\\"{\"", "\"d\":-1.5e3", "\"\":null",
            "\"system\":\"\u00e4\ud83d\ude00\""];
        string[] spaces = ["", "", " ", "\n\t"];
        for (int round = 0; round < 2000; round++)
        {
            string[] members = [.. known.Concat(others).Where(_ => random.Next(2) == 0).OrderBy(_ => random.Next())
                .DistinctBy(member => member[..member.IndexOf(':')])];
            string Space() => spaces[random.Next(spaces.Length)];
            string body = Space() + "{" + Space() + string.Join("," + Space(), members.Select(member => member + Space())) + "}" + Space();
            foreach (string to in (string[])["messages", "vertex", "invoke"])
            {
                JsonObject written = JsonNode.Parse(Rewrite(body, to).Body)!.AsObject();
                string[] mine = ["model", "stream", "anthropic_version", "anthropic_beta"];
                Assert.Equal(
                    members.Where(others.Contains).Select(member => JsonNode.Parse("{" + member + "}")!.ToJsonString()),
                    written.Where(member => !mine.Contains(member.Key))
                        .Select(member => new JsonObject { [member.Key] = member.Value?.DeepClone() }.ToJsonString()));
                Assert.Equal(to == "messages", written.ContainsKey("model"));
                Assert.Equal(to != "messages", written.ContainsKey("anthropic_version"));
                Assert.Equal(to == "invoke" ? false : true, written.ContainsKey("stream"));
            }
        }
    }

    private static (string Body, ReframedHeaders Headers) Rewrite(string body, string to, params string[] betas)
    {
        Envelope envelope = to switch { "vertex" => Envelope.Vertex, "invoke" => Envelope.Invoke, _ => Envelope.Messages };
        using var output = new PooledBuffer();
        ReframedHeaders headers = BodyRewriter.Write(
            Encoding.UTF8.GetBytes(body), envelope, new ReframeRequest(Operation.Chat, Streams: true, "\"wire\""u8.ToArray(), null, betas), output);
        return (Encoding.UTF8.GetString(output.Span), headers);
    }
}
