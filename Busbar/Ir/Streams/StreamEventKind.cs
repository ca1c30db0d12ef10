namespace Busbar.Ir.Streams;

/// <summary>The events all six stream protocols are made of. The remarks name the fields of <see cref="StreamEvent"/> each kind uses.</summary>
internal enum StreamEventKind : byte
{
    /// <summary>The answer begins: Id, Model, Usage (what is known so far), Created.</summary>
    MessageStart,

    /// <summary>A block opens: Index, Block (kind), and for a tool Id, Name, IsCustomTool; Whole when the block arrives complete.</summary>
    BlockStart,

    /// <summary>Text, thinking or refusal words of the open block: Index, Text.</summary>
    TextDelta,

    /// <summary>A piece of a tool's arguments as escaped text: Index, Text.</summary>
    InputDelta,

    /// <summary>The block's signature, whole: Index, Text, Origin. May come before or after the words.</summary>
    SignatureDelta,

    /// <summary>One citation: Index, Citation.</summary>
    CitationDelta,

    /// <summary>A block closes: Index.</summary>
    BlockStop,

    /// <summary>News of the whole answer: StopReason, StopSequence, Usage. May come several times; later values complete earlier ones.</summary>
    MessageDelta,

    /// <summary>The provider ended the answer properly.</summary>
    MessageStop,

    /// <summary>The provider reports a failure: Error.</summary>
    Error,

    /// <summary>A keep-alive without content.</summary>
    Ping,
}
