namespace Busbar.Tests.Protocols;

/// <summary>Bodies with one to three bytes replaced, mostly by characters of JSON.</summary>
internal static class Damage
{
    public static byte[] To(ReadOnlyMemory<byte> body, Random random)
    {
        byte[] damaged = body.ToArray();
        ReadOnlySpan<byte> alphabet = "{}[]\",:0-n\\ tfe"u8;
        for (int count = random.Next(1, 4); count > 0 && damaged.Length > 0; count--)
        {
            damaged[random.Next(damaged.Length)] = random.Next(3) == 0 ? (byte)random.Next(256) : alphabet[random.Next(alphabet.Length)];
        }

        return damaged;
    }

    /// <summary>Calls <paramref name="use"/> with a damaged body; how often it did, which is never for an empty one.</summary>
    public static int Survives(ReadOnlyMemory<byte> body, Random random, Action<ReadOnlyMemory<byte>> use)
    {
        if (body.IsEmpty)
        {
            return 0;
        }

        use(To(body, random));
        return 1;
    }
}
