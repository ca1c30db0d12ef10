using Busbar.Wire;

namespace Busbar.Gateway.Memory;

/// <summary>What the translation of a body takes beside the body itself.</summary>
internal static class Expansion
{
    // Shorter ones are not worth counting.
    private const int ShortBody = 64 * 1024;

    private const int EntryCost = 12;
    private const int BlockCost = 128;

    /// <summary>
    /// An estimate for <paramref name="body"/>, in bytes: an index entry for each value and name, a block for each object, and the result. What
    /// stands within texts is counted with the rest.
    /// </summary>
    public static long Of(ReadOnlySpan<byte> body)
    {
        if (body.Length < ShortBody)
        {
            return Of(body.Length, 0, 0);
        }

        long objects = body.Count((byte)'{');
        return Of(body.Length, objects + body.Count((byte)'[') + body.Count((byte)',') + body.Count((byte)':'), objects);
    }

    /// <summary>The same for a request whose entries and objects are known from its scan.</summary>
    public static long Of(ReadOnlySpan<byte> body, in RequestScan scan) => Of(body.Length, scan.Entries, scan.Objects);

    private static long Of(long length, long entries, long objects)
    {
        long most = Allowance.PerByte * length;
        return length < ShortBody ? most : Math.Min(most + Allowance.Floor, length + (entries * EntryCost) + (objects * BlockCost));
    }
}
