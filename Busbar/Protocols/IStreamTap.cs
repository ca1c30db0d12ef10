using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire.Framing;

namespace Busbar.Protocols;

/// <summary>
/// Watches a stream that passes through unchanged. Built for speed: it looks for what it needs in the raw frame and parses only frames that
/// carry usage or an error.
/// </summary>
internal interface IStreamTap
{
    /// <summary>Takes note of <paramref name="frame"/>.</summary>
    void Observe(in Frame frame);

    /// <summary>A frame with content (text, reasoning, tool call, finish) has passed: the client has something that cannot be taken back.</summary>
    bool HasContent { get; }

    /// <summary>The provider's terminal has passed.</summary>
    bool IsComplete { get; }

    /// <summary>Nothing is to come any more but the end of the body. Some protocols have more to say after their terminal.</summary>
    bool IsLast => IsComplete;

    /// <summary>The error the provider reported in the stream; null when none.</summary>
    StreamError? Error { get; }

    /// <summary>Token counts seen so far.</summary>
    Usage Usage { get; }
}
