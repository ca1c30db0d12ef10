using System.Text;
using Busbar.Gateway.Relay;
using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Tests.Gateway.Relay;

public sealed class ResponseModelTests
{
    [Theory]
    [InlineData("openai", """{"id":"x","model":"gpt-5-2025-08-07","choices":[{"message":{"model":"inner"}}]}""", "gpt-5-2025-08-07")]
    [InlineData("openai", """{"choices":[{"model":"inner"}],"model":"meta/llama-3.1:free"}""", "meta/llama-3.1:free")]
    [InlineData("anthropic", """{"content":[{"type":"tool_use","input":{"model":"canary"}}]}""", null)]
    [InlineData("openai", """{"model":"words of a canary"}""", null)]
    [InlineData("openai", """{"model":"caf\u00e9"}""", null)]
    [InlineData("openai", """{"model":5}""", null)]
    [InlineData("openai", """{"model":"cut""", null)]
    [InlineData("openai", "", null)]
    [InlineData("gemini", """{"candidates":[],"modelVersion":"gemini-2.5-flash"}""", "gemini-2.5-flash")]
    [InlineData("bedrock", """{"model":"x"}""", null)]
    [InlineData("cohere", """{"model":"x"}""", null)]
    public void A_whole_answer_names_its_model_at_the_top_or_not_at_all(string protocol, string body, string? model) =>
        Assert.Equal(model, ResponseModel.OfBody(ProtocolTable.Get(Id(protocol)), Encoding.UTF8.GetBytes(body)));

    [Theory]
    [InlineData("openai", "data: {\"model\":\"gpt\",\"choices\":[]}\n\n", "gpt")]
    [InlineData("openai", ": hello\n\ndata: {\"choices\":[]}\n\ndata: {\"model\":\"gpt\"}\r\n\r\n", "gpt")]
    [InlineData("openai", "data: {\"model\":\"gpt\"", null)]
    [InlineData("openai", "data: [DONE]\n", null)]
    [InlineData("anthropic", "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"claude\"}}\n\n", "claude")]
    [InlineData("anthropic", "data: {\"model\":\"canary\"}\n\n", null)]
    [InlineData("responses", "data: {\"response\":{\"model\":\"gpt\",\"metadata\":{\"model\":\"canary\"}}}\n\n", "gpt")]
    [InlineData("gemini", "data: {\"modelVersion\":\"gemini\"}\n\n", "gemini")]
    [InlineData("cohere", "data: {\"model\":\"canary\"}\n\n", null)]
    public void A_stream_names_its_model_in_its_first_events(string protocol, string events, string? model) =>
        Assert.Equal(model, ResponseModel.OfEvents(ProtocolTable.Get(Id(protocol)), Encoding.UTF8.GetBytes(events)));

    private static ProtocolId Id(string name) => ProtocolNames.TryParse(name, out ProtocolId id) ? id : throw new ArgumentException(name);
}
