using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire;
using Busbar.Wire.Framing;

namespace Busbar.Gateway.Relay;

/// <summary>What becomes of an upstream stream on its way to the client: passed through, or translated.</summary>
internal interface IRelayedStream : IDisposable
{
    /// <summary>The framer to read into.</summary>
    IFramer Framer { get; }

    /// <summary>
    /// Takes the frames that became complete with the last read. Any result but <see cref="FrameResult.NeedMore"/> is a broken stream.
    /// </summary>
    FrameResult Take();

    /// <summary>The upstream bytes have ended.</summary>
    FrameResult Complete();

    /// <summary>What the client is to receive and has not yet; valid until <see cref="Sent"/> or the next read.</summary>
    ReadOnlyMemory<byte> Fresh { get; }

    /// <summary>Says that <see cref="Fresh"/> was taken.</summary>
    void Sent();

    /// <summary>Content is among what was taken so far.</summary>
    bool HasContent { get; }

    /// <summary>The provider's terminal was taken.</summary>
    bool IsComplete { get; }

    /// <summary>Nothing is to come any more but the end of the body.</summary>
    bool IsLast { get; }

    /// <summary>The error the provider reported in the stream.</summary>
    StreamError? Error { get; }

    /// <summary>Token counts so far.</summary>
    Usage Usage { get; }

    /// <summary>Bytes of text that were taken so far, where the request pays for them; otherwise 0.</summary>
    long DeliveredText { get; }

    /// <summary>Appends the client's native keep-alive; nothing where its protocol has none, or after the end. Only while nothing is fresh.</summary>
    void WriteKeepAlive(PooledBuffer output);

    /// <summary>Makes the client's native error frame the next <see cref="Fresh"/>; nothing when the client has seen the provider's own.</summary>
    void Fail(in GatewayError error);
}
