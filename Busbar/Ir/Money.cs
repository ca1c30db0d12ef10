namespace Busbar.Ir;

/// <summary>Money is held in whole nano-dollars, a thousand-millionth of a dollar; people and the admin API count in cents.</summary>
internal static class Money
{
    /// <summary>Nano-dollars in a cent.</summary>
    public const long NanosPerCent = 10_000_000;

    /// <summary>Nano-dollars in a micro-cent, a millionth of a cent.</summary>
    public const long NanosPerMicroCent = 10;

    /// <summary><paramref name="cents"/> in nano-dollars; saturates, and is 0 for a negative sum.</summary>
    public static long OfCents(long cents) => cents > long.MaxValue / NanosPerCent ? long.MaxValue : Math.Max(0, cents) * NanosPerCent;
}
