using Busbar.Ir;

namespace Busbar.Protocols.Forms;

/// <summary>What passes of a protocol between its clients and its providers, where that differs from vendor to vendor.</summary>
internal sealed class TrafficForm
{
    /// <summary>Whether clients open a WebSocket first, and go on over HTTP when they are told so.</summary>
    public bool TriesWebSockets { get; init; }

    /// <summary>Whether clients may sign a request instead of showing a secret, as AWS has it.</summary>
    public bool HasSignatures { get; init; }

    /// <summary>Whether a path that asks for a stream may mean one JSON array.</summary>
    public bool StreamsArrays { get; init; }

    /// <summary>Whether the body itself says which version of the protocol it is in, and whether to stream.</summary>
    public bool StatesFrame { get; init; }

    /// <summary>The protocol whose bodies clients send on the path of a chat call too; null when they do not.</summary>
    public ProtocolId? OtherBodies { get; init; }

    /// <summary>Whether a stream reports its usage to those alone who ask for it.</summary>
    public bool HidesUsage { get; init; }

    /// <summary>Whether a stream says at its beginning how many tokens came in.</summary>
    public bool StartsWithUsage { get; init; }

    /// <summary>Whether later requests may refer to what an earlier one was answered.</summary>
    public bool KeepsAnswers { get; init; }

    /// <summary>Whether a body names the container in which code of the conversation runs.</summary>
    public bool NamesContainers { get; init; }

    /// <summary>Whether the end user stands in <c>metadata</c>, and perhaps the session with it.</summary>
    public bool HasUserInMetadata { get; init; }

    /// <summary>Whether providers take an <c>Idempotency-Key</c>.</summary>
    public bool TakesIdempotencyKeys { get; init; }

    /// <summary>The member of a body in which lists of betas stand; empty for the top level, null where there are none.</summary>
    public string? BetaHolder { get; init; }
}
