using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Reliability.Faults;

namespace Busbar.Tests.Reliability.Faults;

public sealed class FaultClassifierTests
{
    private static readonly Dictionary<string, FaultClass> None = [];

    [Theory]
    [InlineData(401, nameof(FaultClass.Auth))]
    [InlineData(403, nameof(FaultClass.Declined))]
    [InlineData(402, nameof(FaultClass.Declined))]
    [InlineData(408, nameof(FaultClass.Timeout))]
    [InlineData(429, nameof(FaultClass.RateLimit))]
    [InlineData(529, nameof(FaultClass.Overloaded))]
    [InlineData(500, nameof(FaultClass.ServerError))]
    [InlineData(503, nameof(FaultClass.ServerError))]
    [InlineData(599, nameof(FaultClass.ServerError))]
    [InlineData(400, nameof(FaultClass.ClientError))]
    [InlineData(404, nameof(FaultClass.ModelGone))]
    [InlineData(409, nameof(FaultClass.ClientError))]
    [InlineData(413, nameof(FaultClass.ClientError))]
    [InlineData(101, nameof(FaultClass.ServerError))]
    [InlineData(302, nameof(FaultClass.ClientError))]
    [InlineData(600, nameof(FaultClass.ClientError))]
    [Trait("gotcha", "C198")]
    public void A_status_alone_has_its_class(int status, string expected) =>
        Assert.Equal(expected, FaultClassifier.Classify(status, default, None).ToString());

    [Theory]
    [InlineData(400, nameof(FaultClass.ContextLength))]
    [InlineData(413, nameof(FaultClass.ContextLength))]
    [InlineData(500, nameof(FaultClass.ServerError))]
    [InlineData(401, nameof(FaultClass.Auth))]
    [InlineData(429, nameof(FaultClass.RateLimit))]
    [Trait("gotcha", "C194"), Trait("gotcha", "C195"), Trait("gotcha", "C197")]
    public void Context_length_counts_only_with_400_and_413(int status, string expected)
    {
        Assert.Equal(expected, FaultClassifier.Classify(status, new ProviderError("context_length_exceeded", null, null), None).ToString());
        Assert.Equal(expected, FaultClassifier.Classify(status, new ProviderError(null, null, null, IsContextLength: true), None).ToString());
    }

    [Fact, Trait("gotcha", "C194")]
    public void A_mapping_to_context_length_does_not_apply_to_a_server_error()
    {
        var map = new Dictionary<string, FaultClass> { ["too_big"] = FaultClass.ContextLength };
        Assert.Equal(FaultClass.ServerError, FaultClassifier.Classify(500, new ProviderError("too_big", "too_big", null), map));
        Assert.Equal(FaultClass.ContextLength, FaultClassifier.Classify(422, new ProviderError("too_big", null, null), map));
        Assert.Equal(FaultClass.ContextLength, FaultClassifier.Classify(422, new ProviderError(null, "too_big", null), map));
    }

    [Fact, Trait("gotcha", "C196")]
    public void A_mapped_code_wins_over_a_mapped_type_and_over_the_status()
    {
        var map = new Dictionary<string, FaultClass> { ["1113"] = FaultClass.Billing, ["busy"] = FaultClass.Overloaded };
        Assert.Equal(FaultClass.Billing, FaultClassifier.Classify(429, new ProviderError("1113", "busy", null), map));
        Assert.Equal(FaultClass.Overloaded, FaultClassifier.Classify(400, new ProviderError("other", "busy", null), map));
        Assert.Equal(FaultClass.Billing, FaultClassifier.Classify(400, new ProviderError("1113", null, null, IsContextLength: true), map));
        Assert.Equal(FaultClass.ContextLength, FaultClassifier.Classify(400, new ProviderError(null, "busy", null, IsContextLength: true), map));
    }

    [Fact, Trait("gotcha", "C199")]
    public void An_explicitly_bad_key_is_auth_whatever_the_status() =>
        Assert.Equal(FaultClass.Auth, FaultClassifier.Classify(400, new ProviderError("400", "INVALID_ARGUMENT", null, IsInvalidKey: true), None));

    [Fact]
    public void An_error_inside_a_stream_follows_the_map_before_its_own_class()
    {
        var map = new Dictionary<string, FaultClass> { ["quota"] = FaultClass.Billing };
        Assert.Equal(FaultClass.Billing, FaultClassifier.Classify(
            new StreamError(FaultClass.ServerError, new ProviderError(null, "quota", null)), map));
        Assert.Equal(FaultClass.Overloaded, FaultClassifier.Classify(new StreamError(FaultClass.Overloaded, new ProviderError("x", "y", null)), map));
    }

    [Fact]
    public void Every_class_has_a_disposition_and_only_client_faults_stop_the_request()
    {
        var byDisposition = Enum.GetValues<FaultClass>().ToLookup(FaultDispositions.Of);
        Assert.Equal(
            [FaultClass.RateLimit, FaultClass.Overloaded, FaultClass.ServerError, FaultClass.Timeout, FaultClass.Network, FaultClass.Unaffordable,
                FaultClass.AuthUnavailable],
            byDisposition[FaultDisposition.TransientUpstream]);
        Assert.Equal([FaultClass.Auth, FaultClass.Billing], byDisposition[FaultDisposition.HardDown]);
        Assert.Equal([FaultClass.ClientError, FaultClass.Content], byDisposition[FaultDisposition.ClientFault]);
        Assert.Equal([FaultClass.ContextLength], byDisposition[FaultDisposition.ContextLength]);
        Assert.Equal([FaultDisposition.ClientFault], Enum.GetValues<FaultDisposition>().Where(disposition => !disposition.MovesOn()));
    }

    [Fact]
    public void A_map_takes_statuses_and_phrases_too()
    {
        var map = new Dictionary<string, FaultClass> { ["403"] = FaultClass.RateLimit, ["no more tea"] = FaultClass.Billing, ["tea"] =
            FaultClass.Auth };
        Assert.Equal(FaultClass.RateLimit, FaultClassifier.Classify(403, new ProviderError(null, null, "tea"), map));
        Assert.Equal(FaultClass.Billing, FaultClassifier.Classify(400, new ProviderError(null, null, "There is No More Tea."), map));
        Assert.Equal(FaultClass.Billing, FaultClassifier.Classify(
            new StreamError(FaultClass.ServerError, new ProviderError(null, null, "no more tea")), map));
    }
}
