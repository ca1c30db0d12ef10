using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Matrix;

/// <summary>Token probabilities of streams, where both sides can express them.</summary>
public sealed class StreamedLogprobsTests
{
    private static readonly Dictionary<ProtocolId, string> Streams = new()
    {
        [ProtocolId.OpenAI] = """
            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"role":"assistant","content":""},"logprobs":null}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{"content":"Hi"},"logprobs":{"content":[{"token":"Hi","logprob":-0.25,"bytes":[72,105],"top_logprobs":[{"token":"Hi","logprob":-0.25,"bytes":[72,105]}]}],"refusal":null}}]}

            data: {"id":"c","object":"chat.completion.chunk","created":1,"model":"gpt-4o","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

            data: [DONE]


            """,
        [ProtocolId.Gemini] = """
            data: {"candidates":[{"content":{"role":"model","parts":[{"text":"Hi"}]},"logprobsResult":{"chosenCandidates":[{"token":"Hi","logProbability":-0.25}],"topCandidates":[{"candidates":[{"token":"Hi","logProbability":-0.25}]}]}}]}

            data: {"candidates":[{"content":{"role":"model","parts":[{"text":""}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":1,"totalTokenCount":2}}


            """,
        [ProtocolId.Responses] = """
            event: response.created
            data: {"type":"response.created","sequence_number":0,"response":{"id":"r","object":"response","created_at":1,"model":"gpt-4o","status":"in_progress","output":[]}}

            event: response.output_item.added
            data: {"type":"response.output_item.added","sequence_number":1,"output_index":0,"item":{"id":"m","type":"message","role":"assistant","status":"in_progress","content":[]}}

            event: response.output_text.delta
            data: {"type":"response.output_text.delta","sequence_number":2,"item_id":"m","output_index":0,"content_index":0,"delta":"Hi","logprobs":[{"token":"Hi","logprob":-0.25,"bytes":[72,105],"top_logprobs":[{"token":"Hi","logprob":-0.25,"bytes":[72,105]}]}]}

            event: response.completed
            data: {"type":"response.completed","sequence_number":3,"response":{"id":"r","object":"response","created_at":1,"model":"gpt-4o","status":"completed","output":[{"id":"m","type":"message","role":"assistant","status":"completed","content":[{"type":"output_text","text":"Hi","annotations":[]}]}],"usage":{"input_tokens":1,"output_tokens":1,"total_tokens":2}}}


            """,
    };

    [Fact]
    public void Probabilities_reach_every_client_that_knows_them_beside_the_words_they_are_of()
    {
        foreach ((ProtocolId from, string stream) in Streams)
        {
            foreach (ProtocolId to in Streams.Keys.Where(id => id != from))
            {
                string text = Carried.Stream(from, to, stream).Text;
                JsonElement delta = text.Split('\n').Where(static line => line.StartsWith("data: {", StringComparison.Ordinal))
                    .Select(static line => JsonDocument.Parse(line[6..]).RootElement).First(static data => data.GetRawText().Contains("-0.25"));

                JsonElement token = to switch
                {
                    ProtocolId.OpenAI => delta.GetProperty("choices")[0].GetProperty("logprobs").GetProperty("content")[0],
                    ProtocolId.Gemini => delta.GetProperty("candidates")[0].GetProperty("logprobsResult").GetProperty("chosenCandidates")[0],
                    _ => delta.GetProperty("logprobs")[0],
                };
                Assert.Equal("Hi", token.GetProperty("token").GetString());
                Assert.Equal(-0.25, token.GetProperty(to == ProtocolId.Gemini ? "logProbability" : "logprob").GetDouble());
                Assert.Contains("Hi", to switch
                {
                    ProtocolId.OpenAI => delta.GetProperty("choices")[0].GetProperty("delta").GetProperty("content").GetString(),
                    ProtocolId.Gemini => delta.GetProperty("candidates")[0].GetProperty("content").GetProperty("parts")[0].GetProperty("text")
                        .GetString(),
                    _ => delta.GetProperty("delta").GetString(),
                });
            }
        }
    }

    [Fact]
    public void Elsewhere_their_loss_is_counted()
    {
        foreach (ProtocolId to in new[] { ProtocolId.Anthropic, ProtocolId.Bedrock, ProtocolId.Cohere })
        {
            Assert.True(Carried.Stream(ProtocolId.OpenAI, to, Streams[ProtocolId.OpenAI]).Losses.Contains(LossField.Logprobs));
        }
    }
}
