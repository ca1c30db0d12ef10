using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Wire.Framing;

namespace Busbar.Tests.Protocols;

/// <summary>What <see cref="Codec{T}"/> needs to know of a protocol.</summary>
internal interface ICodec
{
    /// <summary>The protocol.</summary>
    static abstract Protocol Protocol { get; }

    /// <summary>What its written answers say of themselves.</summary>
    static abstract ResponseIdentity Identity { get; }

    /// <summary>A framer for a recorded stream.</summary>
    static virtual IFramer NewFramer(ReadOnlySpan<byte> stream) => new SseFramer();

    /// <summary>An event as a line; words of a block begin with <c>+</c> or <c>></c>, its number and a colon.</summary>
    static abstract string Line(in StreamEvent e);
}
