using Busbar.Reliability.Selection;

namespace Busbar.Tests.Reliability.Selection;

public sealed class PickReasonsTests
{
    [Theory]
    [InlineData(nameof(PickReason.Weighted), "weighted")]
    [InlineData(nameof(PickReason.Priority), "priority")]
    [InlineData(nameof(PickReason.LeastLatency), "least_latency")]
    [InlineData(nameof(PickReason.LeastBusy), "least_busy")]
    [InlineData(nameof(PickReason.LeastCost), "least_cost")]
    [InlineData(nameof(PickReason.Home), "home")]
    [InlineData(nameof(PickReason.Affinity), "affinity")]
    [InlineData(nameof(PickReason.Hedge), "hedge")]
    [InlineData(nameof(PickReason.Cooling), "cooling")]
    [InlineData(nameof(PickReason.LastResort), "last_resort")]
    public void Each_has_the_word_that_headers_and_logs_promise(string reason, string word) =>
        Assert.Equal(word, Enum.Parse<PickReason>(reason).Name());

    [Fact]
    public void None_is_without_a_word_of_its_own() =>
        Assert.Equal(Enum.GetValues<PickReason>().Length, Enum.GetValues<PickReason>().Select(reason => reason.Name()).Distinct().Count());
}
