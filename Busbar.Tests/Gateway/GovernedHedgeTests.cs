using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Gateway;

/// <summary>What virtual keys pay for a call that was given up.</summary>
public sealed class GovernedHedgeTests
{
    [Fact]
    public async Task The_input_of_a_call_that_was_given_up_is_charged_by_estimate_and_nothing_stays_reserved()
    {
        const string Secret = "sk-bb-canary-one";
        var spoken = SpokenProtocol.Of("openai");
        await using GovernedGateway gateway = await GovernedGateway.StartAsync(
            new GovernedConfig(spoken, spoken) { Pool = "hedge: { after: 1000, at_most: 1 }" }, GovernedGateway.Key(Secret));
        gateway.Upstreams[0].Always = call => call.SilenceAsync();
        gateway.Upstreams[1].Always = call => spoken.ServeAsync(call);

        Task<Reply> asking = gateway.PostAsync(spoken, Secret);
        await gateway.Upstreams[0].ArrivedAsync();

        // The wait begins a moment after the first call has arrived.
        await Eventually.HoldsAsync(() =>
        {
            if (gateway.Upstreams[1].Requests.Count == 0)
            {
                gateway.Time.Advance(TimeSpan.FromMilliseconds(1000));
            }

            return Task.FromResult(asking.IsCompleted ? null : "not answered");
        });

        Assert.Equal(200, (await asking).Status);
        var day = Assert.Single(await gateway.LedgerOf(Secret));
        Assert.Equal(("m1", 1L, 1L, 2L), (day.Model, day.Requests, day.Estimated, day.Output));
        string sent = gateway.Upstreams[0].Requests[0].Text.Replace("wire-0", GovernedGateway.Pool, StringComparison.Ordinal);
        Assert.Equal(5 + (sent.Length / 4), day.Input);
    }
}
