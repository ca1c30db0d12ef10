namespace Busbar.Tests.Scenarios.Harness;

/// <summary>Waiting for another process with a bound: the condition is asked again and again, nothing sleeps for a guessed time.</summary>
internal static class Eventually
{
    /// <summary>Longest wait for anything; generous, since it is only ever used up by a failure.</summary>
    public static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Waits until <paramref name="condition"/> answers null; what it answered last is the failure's message.</summary>
    public static async Task HoldsAsync(Func<Task<string?>> condition)
    {
        long start = Environment.TickCount64;
        while (await condition() is { } unmet)
        {
            if (Environment.TickCount64 - start > Bound.TotalMilliseconds)
            {
                Assert.Fail($"after {Bound.TotalSeconds} s: {unmet}");
            }

            await Task.Delay(Pause);
        }
    }

    /// <summary>Waits until <paramref name="condition"/> is true.</summary>
    public static Task TrueAsync(Func<bool> condition, string what) => HoldsAsync(() => Task.FromResult(condition() ? null : "not " + what));
}
