namespace Busbar.Tests.Growth;

/// <summary>Whether work grows with its input and no faster.</summary>
internal static class Growing
{
    private const double MaxPerDoubling = 2.6;
    private const int Tries = 3;
    private const int Rounds = 3;

    // What is over sooner says more about the clock than about the work.
    private const long MinNanoseconds = 1_500_000;

    /// <summary>
    /// Says what is wrong with the way in which <paramref name="run"/> grows from <paramref name="n"/> repetitions to four times as many, null for
    /// nothing. A quadratic takes sixteen times as long; what is found is measured again before it counts.
    /// </summary>
    public static string? Verdict(int n, Func<int, Action> run)
    {
        string? verdict = null;
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            Action large = run(n * 4);
            long slow = Least(large);
            if (slow < MinNanoseconds)
            {
                return null;
            }

            long fast = Least(run(n));
            double growth = Math.Sqrt((double)slow / Math.Max(1, fast));
            if (growth <= MaxPerDoubling)
            {
                return null;
            }

            verdict = $"x{growth:0.0} per doubling ({fast / 1000} us, {slow / 1000} us)";
        }

        return verdict;
    }

    private static long Least(Action run)
    {
        long least = long.MaxValue;
        for (int round = 0; round < Rounds; round++)
        {
            long before = CpuTime.Now;
            run();
            least = Math.Min(least, CpuTime.Now - before);
        }

        return least;
    }
}
