using Busbar.Ir.Request;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols;

/// <summary>
/// Reads an object and remembers which members were asked for, so that everything the representation does not model can be kept for a
/// same-protocol write.
/// </summary>
internal struct MemberReader(JsonNode node)
{
    private ulong _taken;

    /// <summary>The value of <paramref name="name"/>, from now on accounted for; missing when there is none.</summary>
    public JsonNode Take(ReadOnlySpan<byte> name) => node.Find(name, ref _taken);

    /// <summary>Says that <paramref name="name"/> holds more than was understood: it counts as not accounted for.</summary>
    public void Return(ReadOnlySpan<byte> name)
    {
        ulong positions = 0;
        node.Find(name, ref positions);
        _taken &= ~positions;
    }

    /// <summary>Whether there are members nobody asked for.</summary>
    public readonly bool HasOthers
    {
        get
        {
            int position = 0;
            foreach (JsonMember _ in node.Members)
            {
                if ((_taken & Bit(position++)) == 0)
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Adds the members nobody asked for to <paramref name="others"/>.</summary>
    public readonly void CopyOthers(List<JsonMember> others)
    {
        int position = 0;
        foreach (JsonMember member in node.Members)
        {
            if ((_taken & Bit(position++)) == 0)
            {
                if (others.Count == ChatRequest.MaxExtra)
                {
                    throw new AllowanceException(ChatRequest.ExtraWords, ChatRequest.MaxExtra);
                }

                others.Add(member);
            }
        }
    }

    // No object of these protocols has 64 members; what a hostile one has beyond that counts as unknown.
    private static ulong Bit(int position) => position < 64 ? 1UL << position : 0;
}
