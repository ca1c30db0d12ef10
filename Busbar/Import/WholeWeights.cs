namespace Busbar.Import;

/// <summary>Weights of any size as whole ones.</summary>
internal static class WholeWeights
{
    private const int Most = 1000;

    /// <summary>Whole numbers from 1 to about a thousand in the proportion of <paramref name="weights"/>; what is 0 or less becomes 1.</summary>
    public static int[] Of(IReadOnlyList<decimal> weights)
    {
        decimal least = weights.Where(weight => weight > 0).DefaultIfEmpty(1).Min();
        decimal most = weights.Max();

        // The smallest factor that makes whole numbers of all.
        foreach (int factor in (ReadOnlySpan<int>)[1, 2, 3, 4, 5, 6, 8, 10, 20, 100])
        {
            decimal[] scaled = [.. weights.Select(weight => weight / least * factor)];
            if (scaled.All(weight => Math.Abs(weight - Math.Round(weight)) < 0.001m) && scaled.Max() <= Most)
            {
                return [.. scaled.Select(weight => Math.Max(1, (int)Math.Round(weight)))];
            }
        }

        return [.. weights.Select(weight => Math.Max(1, (int)Math.Round(weight / (most <= 0 ? 1 : most) * Most)))];
    }
}
