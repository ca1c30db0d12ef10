using Busbar.Upstream.Identity;

namespace Busbar.Tests.Upstream.Identity;

/// <summary>A source whose answers a test gives one by one, so that it knows how many were asked for.</summary>
internal sealed class NumberedSource : ICredentialSource
{
    private readonly List<TaskCompletionSource<MintedCredential?>> _asked = [];

    /// <summary>Attempts so far.</summary>
    public int Count
    {
        get
        {
            lock (_asked)
            {
                return _asked.Count;
            }
        }
    }

    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        var answer = new TaskCompletionSource<MintedCredential?>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_asked)
        {
            _asked.Add(answer);
        }

        return await answer.Task.WaitAsync(cancellation);
    }

    /// <summary>Waits for attempt <paramref name="number"/>, from 1, and answers it.</summary>
    public async Task GiveAsync(int number, string token, DateTimeOffset? expires) => (await AskedAsync(number))
        .SetResult(new MintedCredential("test", token, null, expires));

    /// <summary>Waits for attempt <paramref name="number"/> and lets it fail.</summary>
    public async Task FailAsync(int number, Exception? failure = null) => (await AskedAsync(number))
        .SetException(failure ?? new IdentityException("refused"));

    private async Task<TaskCompletionSource<MintedCredential?>> AskedAsync(int number)
    {
        await Scenarios.Harness.Eventually.TrueAsync(() => Count >= number, $"attempt {number}");
        lock (_asked)
        {
            return _asked[number - 1];
        }
    }
}
