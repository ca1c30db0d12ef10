using System.Text;

namespace Busbar.Reliability.Selection;

/// <summary>
/// Weighted rendezvous hashing: every lane draws a number for a session, the largest wins. Stateless, the same in every process, and a lane that
/// comes or goes moves only the sessions it gains or loses.
/// </summary>
internal static class Rendezvous
{
    /// <summary>FNV-1a, 64 bits, over the UTF-8 bytes of a session key.</summary>
    public static ulong Hash(ReadOnlySpan<byte> key)
    {
        var hash = 0xcbf29ce484222325;
        foreach (var b in key)
        {
            hash = (hash ^ b) * 0x100000001b3;
        }

        return hash;
    }

    /// <summary>The same over text.</summary>
    public static ulong Hash(string key) => Hash(Encoding.UTF8.GetBytes(key));

    /// <summary>
    /// What a lane of hash <paramref name="lane"/> draws for a session: -weight / ln(u) with u uniform in (0, 1), which makes its chance to be the
    /// largest proportional to its weight.
    /// </summary>
    public static double Score(ulong session, ulong lane, long weight)
    {
        // The finalizer of SplitMix64 spreads the bits, which FNV alone leaves correlated between similar keys.
        var mixed = session ^ lane * 0x9e3779b97f4a7c15;
        mixed = (mixed ^ mixed >> 30) * 0xbf58476d1ce4e5b9;
        mixed = (mixed ^ mixed >> 27) * 0x94d049bb133111eb;
        mixed ^= mixed >> 31;
        var uniform = ((mixed >> 11) + 0.5) * (1.0 / (1UL << 53));
        return -weight / Math.Log(uniform);
    }
}
