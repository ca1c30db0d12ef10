using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols.Translation.Models;

namespace Busbar.Tests.Protocols.Translation.Models;

public sealed class ModelCapabilitiesTests
{
    // sampling, budget, off, forced, adaptive, xhigh, prefill: the columns of the vendor table.
    [Theory]
    [InlineData("claude-sonnet-5-5", "no no between no yes yes no")]
    [InlineData("claude-opus-5-5-20260901", "no no no no yes yes no")]
    [InlineData("claude-fable-5-1", "no no no no yes yes no")]
    [InlineData("claude-haiku-5-5", "no no yes yes yes yes no")]
    [InlineData("claude-opus-5", "no no yes yes yes yes no")]
    [InlineData("claude-fable-5", "no no no yes yes yes no")]
    [InlineData("claude-opus-4-7", "no no yes yes yes yes no")]
    [InlineData("claude-sonnet-5", "no no yes yes yes yes no")]
    [InlineData("claude-sonnet-4-6", "yes no yes yes yes no no")]
    [InlineData("claude-opus-4-5-20251101", "yes yes yes yes no no yes")]
    [InlineData("claude-3-7-sonnet-latest", "yes yes yes yes no no yes")]
    [InlineData("some-unknown-model", "yes yes yes yes no no yes")]
    public void Claude_models_accept_what_their_row_says_under_every_spelling(string model, string row)
    {
        foreach (string spelling in (string[])[model, "us.anthropic." + model + "-v1:0", "anthropic/" + model,
            "arn:aws:bedrock:eu-west-1:1:inference-profile/eu.anthropic." + model, model.ToUpperInvariant()])
        {
            Capabilities flags = ModelCapabilities.For(ProtocolId.Anthropic, spelling);
            string off = flags.ThinkingOff ? "yes" : flags.ThinkingBetweenTools ? "between" : "no";
            string shown =
                $"{Word(flags.Sampling)} {Word(flags.ThinkingBudget)} {off} {Word(flags.ForcedToolChoice)} {Word(flags.ThinkingAdaptive)}" +
                $" {Word(flags.HighestEfforts)} {Word(flags.Prefill)}";
            Assert.Equal(row, shown);
        }
    }

    // reasons, sampling, none accepted, minimal, xhigh
    [Theory]
    [InlineData("o3-mini", "yes no no no no")]
    [InlineData("gpt-5", "yes no no yes no")]
    [InlineData("gpt-5-mini", "yes no no yes no")]
    [InlineData("gpt-5.1", "yes no yes no no")]
    [InlineData("gpt-5.6", "yes no yes no yes")]
    [InlineData("gpt-6", "yes no no no yes")]
    [InlineData("gpt-6-sol", "yes no yes no yes")]
    [InlineData("gpt-5-chat-latest", "no yes yes no no")]
    [InlineData("gpt-4o", "no yes yes no no")]
    public void OpenAI_models_accept_what_their_row_says(string model, string row)
    {
        Capabilities flags = ModelCapabilities.For(ProtocolId.OpenAI, model);
        Assert.Equal(
            row, $"{Word(flags.Reasoning)} {Word(flags.Sampling)} {Word(flags.ThinkingOff)} {Word(flags.MinimalEffort)}" +
            $" {Word(flags.HighestEfforts)}");
        Assert.Equal(model == "gpt-5.6", flags.ToolsNeedNoReasoning);
        Assert.False(ModelCapabilities.For(ProtocolId.Responses, model).ToolsNeedNoReasoning);
    }

    [Fact]
    public void Gemini_asks_for_thought_signatures_from_its_third_generation_on()
    {
        Assert.False(ModelCapabilities.For(ProtocolId.Gemini, "gemini-2.5-flash").ThoughtSignatures);
        Assert.True(ModelCapabilities.For(ProtocolId.Gemini, "models/gemini-3-pro-preview").ThoughtSignatures);
    }

    [Fact]
    public void Every_flag_can_be_overridden_by_its_name_and_no_other_name_is_accepted()
    {
        foreach (string flag in ModelCapabilities.FlagNames)
        {
            Capabilities on = ModelCapabilities.For(ProtocolId.OpenAI, "m", new Dictionary<string, bool> { [flag] = true });
            Capabilities off = ModelCapabilities.For(ProtocolId.OpenAI, "m", new Dictionary<string, bool> { [flag] = false });
            Assert.NotEqual(on, off);
        }

        string[] properties = [.. typeof(Capabilities).GetProperties().Where(static property => property.PropertyType == typeof(bool))
            .Select(static property => Snake(property.Name))];
        Assert.Equal(properties.Order(), ModelCapabilities.FlagNames.Order());
        Assert.Throws<ArgumentException>(() => ModelCapabilities.For(
            ProtocolId.OpenAI, "m", new Dictionary<string, bool> { ["no_such_flag"] = true }));
    }

    [Theory]
    [InlineData("claude-opus-4-5", "claude")]
    [InlineData("us.anthropic.claude-sonnet-4-6-v1:0", "claude")]
    [InlineData("claude-opus-5-5", "claude-opus-5-5")]
    [InlineData("gemini-3-pro", "gemini-3")]
    [InlineData("google/gemini-2.5-flash", "gemini-2")]
    [InlineData("gpt-5.2", "openai")]
    [InlineData("deepseek-r1", "deepseek-r1")]
    public void Models_that_verify_each_others_signatures_share_a_family(string model, string family) =>
        Assert.Equal(family, ModelFamily.Of(ProtocolId.OpenAI, model));

    private static string Word(bool flag) => flag ? "yes" : "no";

    private static string Snake(string name) =>
        string.Concat(name.Select((letter, index) => char.IsUpper(letter) && index > 0 ? "_" + char.ToLowerInvariant(letter)
            : char.ToLowerInvariant(letter).ToString())).Replace("top_p", "top_p", StringComparison.Ordinal);
}
