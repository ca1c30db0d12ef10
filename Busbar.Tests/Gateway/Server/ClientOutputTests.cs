using System.IO.Pipelines;
using Busbar.Gateway.Server;
using Busbar.Observability.Metrics;

namespace Busbar.Tests.Gateway.Server;

/// <summary>Clients that read slowly are waited for, and those that do not read are not.</summary>
public sealed class ClientOutputTests
{
    [Fact]
    public async Task A_client_that_takes_nothing_is_cut_off()
    {
        var scene = new LooseExchange("{ client_stall_timeout_secs: 1 }");

        Assert.False(await ClientOutput.WriteAsync(scene.Exchange, new byte[4096]));

        Assert.True(scene.RequestAborted.IsCancellationRequested);
        Assert.Equal(Outcome.ClientError, scene.Exchange.Outcome);
    }

    [Fact]
    public async Task A_client_that_takes_a_little_at_a_time_gets_everything_in_pieces()
    {
        var scene = new LooseExchange("{ client_stall_timeout_secs: 600 }");
        Task<bool> writing = ClientOutput.WriteAsync(scene.Exchange, new byte[200_000]).AsTask();

        long most = 0;
        for (long taken = 0; taken < 200_000;)
        {
            ReadResult result = await scene.Client.Reader.ReadAsync();
            most = Math.Max(most, result.Buffer.Length);
            var step = result.Buffer.GetPosition(Math.Min(1000, result.Buffer.Length));
            taken += Math.Min(1000, result.Buffer.Length);
            scene.Client.Reader.AdvanceTo(step);
        }

        Assert.True(await writing);
        Assert.InRange(most, 1, 64 * 1024 + 512);
        Assert.Equal(Outcome.Ok, scene.Exchange.Outcome);
    }

    [Fact]
    public async Task A_client_that_has_left_is_told_of_and_not_waited_for()
    {
        var scene = new LooseExchange("{ client_stall_timeout_secs: 600 }");
        scene.Abort();

        Assert.False(await ClientOutput.WriteAsync(scene.Exchange, new byte[10]));
    }
}
