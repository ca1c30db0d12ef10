namespace Busbar.Tests;

/// <summary>Counts what code allocates once it is warm.</summary>
internal static class Allocations
{
    private const int Tries = 6;

    /// <summary>
    /// The least that <paramref name="run"/> allocated on this thread in several tries: a collection may empty the shared array pool in between, and
    /// what refills it says nothing about the code.
    /// </summary>
    public static long Least(Action run)
    {
        long least = long.MaxValue;
        for (int round = 0; round < Tries && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            run();
            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
