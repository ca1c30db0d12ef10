using Busbar.Ir;
using Busbar.Reliability.Faults;

namespace Busbar.Tests.Reliability.Faults;

public sealed class FaultWordsTests
{
    [Theory]
    [InlineData(400, null, "Your credit balance is too low to access the API. Please go to Plans & Billing to upgrade.", nameof(FaultClass.Billing))]
    [InlineData(400, null, "This organization has been disabled.", nameof(FaultClass.Auth))]
    [InlineData(400, null, "User location is not supported for the API use.", nameof(FaultClass.Auth))]
    [InlineData(400, "billing_hard_limit_reached", "Billing hard limit has been reached", nameof(FaultClass.Billing))]
    [InlineData(400, "Arrearage", "Access denied, please make sure your account is in good standing.", nameof(FaultClass.Billing))]
    [InlineData(400, null, "Incorrect API key provided.", nameof(FaultClass.Auth))]
    [InlineData(402, null, "Insufficient Balance", nameof(FaultClass.Billing))]
    [InlineData(402, null, "This request requires more credits, or fewer max_tokens. You requested 65536 tokens, but can only afford 900.",
        nameof(FaultClass.Unaffordable))]
    [InlineData(402, null, "no", null)]
    [InlineData(403, "unsupported_country_region_territory", "Country, region, or territory not supported", nameof(FaultClass.Auth))]
    [InlineData(403, null, "Your team has used all available credits or reached its monthly spending limit.", nameof(FaultClass.Billing))]
    [InlineData(403, "model_not_found", "Project x does not have access to model y", nameof(FaultClass.Auth))]
    [InlineData(403, null, "You don't have access to the model with the specified model ID.", nameof(FaultClass.Auth))]
    [InlineData(403, null, "Your input was flagged for 'harassment'. No credits were charged.", nameof(FaultClass.Content))]
    [InlineData(403, null, "Content violates usage guidelines.", nameof(FaultClass.Content))]
    [InlineData(403, null, "Requires moderation", nameof(FaultClass.Content))]
    [InlineData(403, null, "forbidden", null)]
    [InlineData(429, "insufficient_quota", "You exceeded your current quota, please check your plan and billing details.",
        nameof(FaultClass.Billing))]
    [InlineData(429, null, "You exceeded your current quota, please check your plan and billing details.", null)]
    [InlineData(404, "model_not_found", "The model `x` does not exist or you do not have access to it.", nameof(FaultClass.ModelGone))]
    [InlineData(404, null, "model: some-model-20240101", nameof(FaultClass.ModelGone))]
    [InlineData(404, null, "models/some-pro is not found for API version v1beta", nameof(FaultClass.ModelGone))]
    [InlineData(404, null, "model 'x' not found, make sure that you have access to the model", nameof(FaultClass.ModelGone))]
    [InlineData(404, null, "File not found: file_1", null)]
    [InlineData(404, null, null, nameof(FaultClass.ModelGone))]
    [InlineData(400, null, "The provided model identifier is invalid.", nameof(FaultClass.ModelGone))]
    [InlineData(400, null, "This model version has reached the end of its life.", nameof(FaultClass.ModelGone))]
    [InlineData(400, null, "tools is not supported by this model", null)]
    [InlineData(400, null, "Invalid value: 'your credit balance is too low'", null)]
    [InlineData(400, null, "messages: field required", null)]
    [InlineData(500, null, "insufficient balance", null)]
    public void A_vendors_words_tell_account_content_and_model_apart(int status, string? code, string? message, string? expected) =>
        Assert.Equal(expected, FaultWords.Class(status, new ProviderError(code, null, message))?.ToString());

    [Fact]
    public void An_error_about_a_parameter_is_about_the_request() =>
        Assert.Null(FaultWords.Class(400, new ProviderError(null, null, "insufficient balance", Param: "messages[0]")));
}
