using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Faults;

/// <summary>A row for one client, one provider, one form, with or without a lane that stands in.</summary>
internal sealed class FaultCase(int number, FaultRow row, SpokenProtocol speaks, SpokenProtocol serves, bool streamed, bool isBacked)
{
    public int Number => number;

    public FaultRow Row => row;

    public SpokenProtocol Speaks => speaks;

    public SpokenProtocol Serves => serves;

    public bool Streamed => streamed;

    public bool IsBacked => isBacked;

    /// <summary>Whether another lane's answer is what the client gets.</summary>
    public bool IsRescued => isBacked && row.MovesOn;

    /// <summary>The pool that is asked.</summary>
    public string Pool => $"c{number}";

    /// <summary>The lane that fails.</summary>
    public string Lane => $"m{number}";

    /// <summary>The client has content, or will never have any.</summary>
    public TaskCompletionSource Seen { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The request has reached the provider.</summary>
    public TaskCompletionSource Arrived { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Requests that reached the provider.</summary>
    public int Calls;

    /// <inheritdoc/>
    public override string ToString() => $"[{row.Name}] {speaks.Name} -> {serves.Name}{(streamed ? ", streamed" : "")}{(isBacked ? ", backed" : "")}";

    /// <summary>Plays the provider.</summary>
    public Task PlayAsync(UpstreamCall call)
    {
        Interlocked.Increment(ref Calls);
        Arrived.TrySetResult();
        return row.Play(this, call);
    }

    /// <summary>Sends the head of a stream and everything up to its first content, and waits until the client has seen it.</summary>
    public async Task BeginAsync(UpstreamCall call)
    {
        await call.BeginAsync();
        await call.ChunkAsync(string.Concat(serves.Prelude) + serves.First("hello"));
        await Seen.Task;
    }
}
