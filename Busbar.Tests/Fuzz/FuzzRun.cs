using Busbar.Tests.Scenarios.Fuzz;

namespace Busbar.Tests.Fuzz;

/// <summary>Runs cases one after the other, and says which of them fails, so that it can be run again alone.</summary>
internal static class FuzzRun
{
    /// <summary>
    /// Gives <paramref name="check"/> bent forms of <paramref name="seeds"/>, and a chance of its own: so many of them, or for as long as
    /// <see cref="FuzzBounds"/> says.
    /// </summary>
    public static void Of(int cases, IReadOnlyList<byte[]> seeds, Action<byte[], Random> check)
    {
        var bounds = new FuzzBounds(cases);
        for (int number = 0; bounds.Allows(number); number++)
        {
            Random random = FuzzBounds.Of(number);
            byte[] bytes = Mutation.Of(random, seeds[random.Next(seeds.Count)], seeds[random.Next(seeds.Count)]);
            try
            {
                check(bytes, random);
            }
            catch (Exception exception)
            {
                Assert.Fail($"case {number} of seed {FuzzBounds.Seed}: {exception}\n{Convert.ToBase64String(bytes)}");
            }
        }
    }
}
