using System.Text;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Protocols;

/// <summary>The tier that an answer names goes with its counts, whatever the protocol.</summary>
public sealed class ServedTierTests
{
    [Theory]
    [InlineData("OpenAI", """{"usage":{"prompt_tokens":1,"completion_tokens":2},"service_tier":"flex"}""", "Flex")]
    [InlineData("OpenAI", """{"service_tier":"priority","usage":{"prompt_tokens":1,"completion_tokens":2}}""", "Priority")]
    [InlineData("OpenAI", """{"service_tier":"default","usage":{"prompt_tokens":1}}""", "Standard")]
    [InlineData("OpenAI", """{"service_tier":"scale","usage":{"prompt_tokens":1}}""", "Other")]
    [InlineData("OpenAI", """{"service_tier":null,"usage":{"prompt_tokens":1}}""", "Standard")]
    [InlineData("Responses", """{"usage":{"input_tokens":1,"output_tokens":2},"service_tier":"priority"}""", "Priority")]
    [InlineData("Anthropic", """{"usage":{"input_tokens":1,"output_tokens":2,"service_tier":"batch"}}""", "Batch")]
    [InlineData("Anthropic", """{"usage":{"input_tokens":1,"output_tokens":2,"service_tier":"standard"}}""", "Standard")]
    [InlineData("Anthropic", """{"usage":{"input_tokens":1,"output_tokens":2,"service_tier":"standard","speed":"fast"}}""", "Other")]
    [InlineData("Gemini", """{"usageMetadata":{"promptTokenCount":1,"trafficType":"ON_DEMAND"}}""", "Standard")]
    [InlineData("Gemini", """{"usageMetadata":{"promptTokenCount":1,"trafficType":"ON_DEMAND_FLEX"}}""", "Flex")]
    [InlineData("Gemini", """{"usageMetadata":{"promptTokenCount":1,"serviceTier":"priority"}}""", "Priority")]
    [InlineData("Bedrock", """{"usage":{"inputTokens":1,"outputTokens":2},"serviceTier":{"type":"flex"}}""", "Flex")]
    [InlineData("Cohere", """{"usage":{"tokens":{"input_tokens":1}}}""", "Standard")]
    public void A_whole_answer_says_which(string protocol, string body, string tier)
    {
        Usage usage = ProtocolTable.Get(Enum.Parse<ProtocolId>(protocol)).ReadUsage(Encoding.UTF8.GetBytes(body));

        Assert.True(usage.IsReported);
        Assert.Equal(tier, usage.Tier.ToString());
    }

    [Theory]
    [InlineData("OpenAI", "", """{"choices":[],"usage":{"prompt_tokens":1,"completion_tokens":2},"service_tier":"flex"}""", "Flex")]
    [InlineData("Responses", "response.completed",
        """{"type":"response.completed","response":{"usage":{"input_tokens":1},"service_tier":"priority"}}""", "Priority")]
    [InlineData("Anthropic", "message_start",
        """{"type":"message_start","message":{"content":[],"usage":{"input_tokens":1,"service_tier":"priority"}}}""", "Priority")]
    [InlineData("Gemini", "", """{"candidates":[],"usageMetadata":{"promptTokenCount":1,"serviceTier":"flex"}}""", "Flex")]
    [InlineData("Bedrock", "metadata", """{"usage":{"inputTokens":1},"serviceTier":{"type":"priority"}}""", "Priority")]
    public void A_stream_that_passes_through_says_which(string protocol, string name, string data, string tier)
    {
        IStreamTap tap = ProtocolTable.Get(Enum.Parse<ProtocolId>(protocol)).NewStreamTap();
        tap.Observe(new Frame(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(data)));

        Assert.True(tap.Usage.IsReported);
        Assert.Equal(tier, tap.Usage.Tier.ToString());
    }

    [Fact]
    public void A_later_report_without_a_tier_leaves_the_earlier_one()
    {
        var usage = new Usage { Input = 1, Tier = ServedTier.Flex };
        usage.Merge(new Usage { Output = 2 });

        Assert.Equal((ServedTier.Flex, 1, 2), (usage.Tier, usage.Input, usage.Output));
    }

    [Fact]
    public void Sound_and_pictures_are_counted_as_parts_of_their_whole()
    {
        Usage gemini = ProtocolTable.Get(ProtocolId.Gemini).ReadUsage("""
            {"usageMetadata":{"promptTokenCount":10,"candidatesTokenCount":20,"promptTokensDetails":[{"modality":"TEXT","tokenCount":4},{"modality":"AUDIO","tokenCount":6}],
            "candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":15}]}}
            """u8.ToArray());
        Usage openAI = ProtocolTable.Get(ProtocolId.OpenAI).ReadUsage("""
            {"usage":{"prompt_tokens":10,"completion_tokens":20,"prompt_tokens_details":{"audio_tokens":6},"completion_tokens_details":{"audio_tokens":99}}}
            """u8.ToArray());

        Assert.Equal((6, 15, 0), (gemini.AudioInput, gemini.ImageOutput, gemini.AudioOutput));
        Assert.Equal((6, 20), (openAI.AudioInput, openAI.AudioOutput));
    }
}
