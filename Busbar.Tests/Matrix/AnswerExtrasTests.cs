using System.Text.Json;
using Busbar.Ir;
using Busbar.Protocols.Translation;
using Busbar.Tests.Matrix.Harness;

namespace Busbar.Tests.Matrix;

/// <summary>What answers say beside their words: the tier that served them, and further candidates.</summary>
public sealed class AnswerExtrasTests
{
    private const string Chat = """
        {"id":"c","object":"chat.completion","created":1,"model":"m","service_tier":"TIER","choices":[{"index":0,"message":{"role":"assistant","content":"one"},"finish_reason":"stop"},
        {"index":1,"message":{"role":"assistant","content":"two","tool_calls":[{"id":"k","type":"function","function":{"name":"tide","arguments":"{}"}}]},"finish_reason":"tool_calls"},
        {"index":2,"message":{"role":"assistant","content":"three"},"finish_reason":"length"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}
        """;

    private const string Gemini = """
        {"candidates":[{"content":{"role":"model","parts":[{"text":"one"}]},"finishReason":"STOP","index":0},{"content":{"role":"model","parts":[{"text":"two"},{"functionCall":{"name":"tide","args":{}}}]},"finishReason":"STOP","index":1},
        {"content":{"role":"model","parts":[{"text":"three"}]},"finishReason":"MAX_TOKENS","index":2}],"usageMetadata":{"promptTokenCount":1,"candidatesTokenCount":2,"serviceTier":"flex"},"responseId":"r"}
        """;

    [Theory]
    [InlineData("priority", "gemini", "priority")]
    [InlineData("flex", "gemini", "flex")]
    [InlineData("default", "gemini", "standard")]
    [InlineData("scale", "gemini", null)]
    [InlineData("priority", "bedrock", "priority")]
    [InlineData("default", "bedrock", "default")]
    [InlineData("fast", "bedrock", null)]
    [InlineData("default", "anthropic", "standard")]
    [InlineData("flex", "anthropic", null)]
    [InlineData("flex", "responses", "flex")]
    [InlineData("priority", "cohere", null)]
    public void The_tier_that_served_is_told_or_counted(string served, string clientName, string? told)
    {
        ProtocolId client = Hop.Named(clientName);
        Carried answer = Carried.Answer(ProtocolId.OpenAI, client, Chat.Replace("TIER", served, StringComparison.Ordinal));
        JsonElement json = answer.Json;
        string? seen = client switch
        {
            ProtocolId.Gemini => Word(json.GetProperty("usageMetadata"), "serviceTier"),
            ProtocolId.Bedrock => json.TryGetProperty("serviceTier", out JsonElement tier) ? Word(tier, "type") : null,
            ProtocolId.Anthropic => Word(json.GetProperty("usage"), "service_tier"),
            _ => Word(json, "service_tier"),
        };
        Assert.Equal(told, seen);
        Assert.Equal(told is null, Hop.Fields(answer.Losses).Contains(LossField.ServiceTier));
    }

    [Theory]
    [InlineData("openai")]
    [InlineData("responses")]
    [InlineData("anthropic")]
    public void Geminis_tier_is_read(string clientName)
    {
        ProtocolId client = Hop.Named(clientName);
        Assert.Equal(
            client == ProtocolId.Anthropic, Hop.Fields(Carried.Answer(ProtocolId.Gemini, client, Gemini).Losses).Contains(LossField.ServiceTier));
    }

    [Theory]
    [InlineData("openai", "gemini")]
    [InlineData("gemini", "openai")]
    public void Every_candidate_is_shown_where_both_sides_have_several(string providerName, string clientName)
    {
        ProtocolId provider = Hop.Named(providerName);
        ProtocolId client = Hop.Named(clientName);
        Carried answer = Carried.Answer(provider, client, provider == ProtocolId.OpenAI ? Chat.Replace("TIER", "default", StringComparison.Ordinal)
            : Gemini);
        JsonElement[] shown = [.. answer.Json.GetProperty(client == ProtocolId.OpenAI ? "choices" : "candidates").EnumerateArray()];
        Assert.Equal([0, 1, 2], shown.Select(static candidate => candidate.GetProperty("index").GetInt32()));
        Assert.Equal(
            client == ProtocolId.OpenAI ? ["stop", "tool_calls", "length"] : ["STOP", "STOP", "MAX_TOKENS"],
            shown.Select(candidate => Word(candidate, client == ProtocolId.OpenAI ? "finish_reason" : "finishReason")));
        Assert.All(shown.Zip(["one", "two", "three"]), static pair => Assert.Contains($"\"{pair.Second}\"", pair.First.GetRawText()));
        Assert.Contains("tide", shown[1].GetRawText());
        Assert.DoesNotContain(LossField.CandidateCount, Hop.Fields(answer.Losses));
    }

    [Theory]
    [InlineData("anthropic")]
    [InlineData("bedrock")]
    [InlineData("responses")]
    [InlineData("cohere")]
    public void Further_candidates_are_counted_where_an_answer_is_one(string clientName)
    {
        ProtocolId client = Hop.Named(clientName);
        Carried answer = Carried.Answer(ProtocolId.Gemini, client, Gemini);
        Assert.Contains(LossField.CandidateCount, Hop.Fields(answer.Losses));
        Assert.DoesNotContain("three", answer.Json.GetRawText());
        string stream = "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"two\"}]},\"index\":1}]}\n\n"
            + $"data: {Gemini.ReplaceLineEndings("")}\n\n";
        if (client != ProtocolId.Bedrock)
        {
            Assert.Contains(LossField.CandidateCount, Hop.Fields(Carried.Stream(ProtocolId.Gemini, client, stream).Losses));
        }
    }

    [Theory]
    [InlineData("gemini", 3, false, 3)]
    [InlineData("gemini", 9, false, 8)]
    [InlineData("gemini", 3, true, null)]
    [InlineData("anthropic", 3, false, null)]
    [InlineData("responses", 3, false, null)]
    public void Several_candidates_are_asked_for_where_they_can_be_shown(string egressName, int asked, bool isStream, int? sent)
    {
        ProtocolId egress = Hop.Named(egressName);
        Carried request = Carried.Request(
            ProtocolId.OpenAI, egress,
            $$"""{"model":"m","n":{{asked}},"stream":{{(isStream ? "true" : "false")}},"messages":[{"role":"user","content":"hi"}]}""",
            stream: isStream);
        int? seen = request.Json.TryGetProperty("generationConfig", out JsonElement config)
            && config.TryGetProperty("candidateCount", out JsonElement count) ? count.GetInt32() : null;
        Assert.Equal(sent, seen);
        Assert.Equal(sent != asked, Hop.Fields(request.Losses).Contains(LossField.CandidateCount));
    }

    private static string? Word(JsonElement value, string name) =>
        value.TryGetProperty(name, out JsonElement word) && word.ValueKind == JsonValueKind.String ? word.GetString() : null;
}
