using Busbar.Gateway.Attempts;
using Busbar.Gateway.Routing;
using Busbar.Ir;
using Busbar.Protocols;

namespace Busbar.Gateway.Admission;

/// <summary>
/// Counts the text in a provider's answer by looking for the members that carry it, without parsing: for estimates of what an answer cost when the
/// provider did not get to say so, or never says.
/// </summary>
internal sealed class TextMeter(ProtocolId protocol, bool isStream)
{
    private readonly byte[][] _names = isStream ? ProtocolTable.Get(protocol).TextMembers.Streamed : ProtocolTable.Get(protocol).TextMembers.Whole;

    /// <summary>Bytes of text seen so far.</summary>
    public long Bytes { get; private set; }

    /// <summary>For the stream that answers <paramref name="attempt"/>; null where nobody pays.</summary>
    public static TextMeter? For(Attempt attempt) => attempt.Exchange.Reservation.IsOpen ? new TextMeter(attempt.Endpoint.Protocol.Id, isStream: true)
        : null;

    /// <summary>Adds the text in <paramref name="json"/>, one event or a whole answer.</summary>
    public void Add(ReadOnlySpan<byte> json)
    {
        foreach (byte[] name in _names)
        {
            ReadOnlySpan<byte> rest = json;
            int at;
            while ((at = rest.IndexOf(name)) >= 0)
            {
                rest = rest[(at + name.Length)..].TrimStart(" \t\r\n:"u8);
                if (!rest.IsEmpty && rest[0] == (byte)'"')
                {
                    int length = LengthOf(rest[1..]);
                    Bytes += length;
                    rest = rest[(length + 1)..];
                }
            }
        }
    }

    private static int LengthOf(ReadOnlySpan<byte> text)
    {
        int length = 0;
        while (length < text.Length && text[length..].IndexOfAny((byte)'"', (byte)'\\') is >= 0 and var at)
        {
            length += at;
            if (text[length] == (byte)'"')
            {
                return length;
            }

            length += 2;
        }

        return text.Length;
    }
}
