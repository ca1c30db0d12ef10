using Busbar.Tests.Scenarios.Harness;

namespace Busbar.Tests.Scenarios.Faults;

/// <summary>What a client is shown when no other lane stands in.</summary>
internal enum FaultView
{
    /// <summary>A complete answer.</summary>
    Answer,

    /// <summary>The native 503; where a whole body broke off and was to be translated, the native 502.</summary>
    Exhausted,

    /// <summary>The provider's own refusal: its bytes within one protocol, its status in the client's words otherwise.</summary>
    Refusal,

    /// <summary>The native error of a prompt that is too long.</summary>
    TooLong,

    /// <summary>A stream that began, then one native error event, and no clean end.</summary>
    BrokenOff,

    /// <summary>Nothing: the client has left.</summary>
    Nobody,
}

/// <summary>Who pays for a fault.</summary>
internal enum FaultCharge
{
    /// <summary>Nobody: the lane succeeded.</summary>
    Success,

    /// <summary>Nobody: nothing is counted.</summary>
    Nothing,

    /// <summary>The lane, which is passed over for a while.</summary>
    Transient,

    /// <summary>The lane, in every pool.</summary>
    HardDown,

    /// <summary>The request.</summary>
    ClientFault,

    /// <summary>The lane, though its answer had begun: one failure and no success.</summary>
    Late,

    /// <summary>The lane or nobody: client and provider failed at the same time.</summary>
    Either,
}

/// <summary>When the client leaves.</summary>
internal enum Leaving
{
    Never,
    BeforeHeaders,
    AfterContent,
}

/// <summary>One way for a provider to fail, and all that must come of it.</summary>
internal sealed record FaultRow(string Name, FaultView View, FaultCharge Charge, Func<FaultCase, UpstreamCall, Task> Play)
{
    /// <summary>Whether the request goes on to another lane.</summary>
    public bool MovesOn { get; init; }

    /// <summary>Asked of plain requests.</summary>
    public bool Whole { get; init; } = true;

    /// <summary>Asked of streams.</summary>
    public bool Streamed { get; init; } = true;

    /// <summary>The status a <see cref="FaultView.Refusal"/> has.</summary>
    public int Status { get; init; }

    /// <summary>The status that a <see cref="FaultView.Refusal"/> has in another protocol, where it differs.</summary>
    public int? ForeignStatus { get; init; }

    /// <summary>Whether it is of HTTP/1.1 alone.</summary>
    public bool IsOddity { get; init; }

    /// <summary>Whether the provider says that it has no such model: in its own protocol its words are shown when no lane is left.</summary>
    public bool IsModelGone { get; init; }

    /// <summary>What the provider says.</summary>
    public string Said { get; init; } = "canary-upstream-detail";

    /// <summary>Seconds that the lane must at least be passed over.</summary>
    public int Floor { get; init; }

    /// <summary>Seconds that the lane may at most be passed over.</summary>
    public int Ceiling { get; init; } = 120;

    /// <summary>What listens at the provider's address: <c>p</c> for the script.</summary>
    public string Provider { get; init; } = "p";

    /// <summary>
    /// Most calls that the provider may see: a kept connection that ends before a byte of the answer is replaced once, with nobody charged.
    /// </summary>
    public int MaxCalls { get; init; } = 1;

    /// <summary>Whether the gateway's own timers decide.</summary>
    public bool IsTimed { get; init; }

    /// <summary>When the client leaves.</summary>
    public Leaving Leaves { get; init; }

    /// <summary>Of a truncation: frames before the cut. What comes of it depends on what the protocol had said by then.</summary>
    public int? Frames { get; init; }

    /// <summary>One of very many like it, of which single combinations do.</summary>
    public bool IsOneOfMany { get; init; }

    /// <summary>The row for a provider of <paramref name="serves"/>; null where there is no such fault.</summary>
    public FaultRow? For(SpokenProtocol serves)
    {
        if (Frames is not { } frames)
        {
            return this;
        }

        int content = serves.Prelude.Count;
        return frames > content + 1 + serves.TerminalAt ? null
            : frames > content ? this with { View = FaultView.BrokenOff, Charge = FaultCharge.Late, Floor = 1 }
            : this with { View = FaultView.Exhausted, Charge = FaultCharge.Transient, Floor = 1, MovesOn = true };
    }
}
