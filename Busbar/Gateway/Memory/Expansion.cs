using Busbar.Wire;

namespace Busbar.Gateway.Memory;

/// <summary>What the translation of a body takes beside the body itself.</summary>
internal static class Expansion
{
    // Shorter ones are not worth counting.
    private const int ShortBody = 64 * 1024;

    private const int EntryCost = 12;
    private const int BlockCost = 128;

    /// <summary>An estimate for <paramref name="body"/>, in bytes: an index entry for each value, a block for each object, and the result.</summary>
    public static long Of(ReadOnlySpan<byte> body)
    {
        long most = ((long)Allowance.PerByte * body.Length) + (body.Length < ShortBody ? 0 : Allowance.Floor);
        if (body.Length < ShortBody)
        {
            return most;
        }

        long objects = body.Count((byte)'{');
        long values = objects + body.Count((byte)'[') + body.Count((byte)',') + body.Count((byte)':');
        return Math.Min(most, body.Length + (values * EntryCost) + (objects * BlockCost));
    }
}
