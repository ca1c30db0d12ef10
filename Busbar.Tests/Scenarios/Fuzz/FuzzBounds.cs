using System.Diagnostics;
using System.Globalization;

namespace Busbar.Tests.Scenarios.Fuzz;

/// <summary>
/// How far fuzzing goes: a fixed seed and a few seconds, unless the variables BUSBAR_FUZZ_SEED and BUSBAR_FUZZ_SECONDS say otherwise.
/// </summary>
internal sealed class FuzzBounds
{
    private static readonly TimeSpan Usual = TimeSpan.FromSeconds(18);

    private readonly long _start = Stopwatch.GetTimestamp();
    private readonly int _most;
    private readonly TimeSpan _span;

    /// <summary>At most <paramref name="most"/> cases, or for as long as the variable says.</summary>
    public FuzzBounds(int most)
    {
        int seconds = Number("BUSBAR_FUZZ_SECONDS");
        (_most, _span) = seconds == 0 ? (most, Usual) : (int.MaxValue, TimeSpan.FromSeconds(seconds));
    }

    /// <summary>What every choice follows from.</summary>
    public static int Seed { get; } = Number("BUSBAR_FUZZ_SEED") is not 0 and var seed ? seed : 20261122;

    /// <summary>Chance of one case, whatever came before it.</summary>
    public static Random Of(int number) => new(unchecked((Seed * 1_000_003) + number));

    /// <summary>Whether there is to be a case with this number.</summary>
    public bool Allows(int number) => number < _most && Stopwatch.GetElapsedTime(_start) < _span;

    private static int Number(string variable) => int.TryParse(
        Environment.GetEnvironmentVariable(variable), NumberStyles.None, CultureInfo.InvariantCulture, out int value) ? value : 0;
}
