using Busbar.Ir.Request;

namespace Busbar.Ir;

/// <summary>What a <see cref="Block"/> holds; the remarks name the fields each kind uses.</summary>
internal enum BlockKind : byte
{
    /// <summary>
    /// Plain text: <see cref="Block.Text"/>, <see cref="Block.Citations"/>, <see cref="Block.Phase"/>, <see cref="Block.Signature"/> (Gemini).
    /// </summary>
    Text,

    /// <summary>
    /// Reasoning: <see cref="Block.Text"/> (may be empty), <see cref="Block.Signature"/>, <see cref="Block.Redacted"/>, <see cref="Block.Origin"/>.
    /// </summary>
    Thinking,

    /// <summary>
    /// A call: <see cref="Block.Id"/>, <see cref="Block.Name"/>, <see cref="Block.Input"/> or <see cref="Block.InputText"/>,
    /// <see cref="Block.Signature"/> (Gemini thought signature).
    /// </summary>
    ToolUse,

    /// <summary>
    /// A result: <see cref="Block.Id"/> of the call, <see cref="Block.Name"/> if known, <see cref="Block.Children"/>, <see cref="Block.IsError"/>.
    /// </summary>
    ToolResult,

    /// <summary>A picture: <see cref="Block.Source"/>, <see cref="Block.MediaType"/>, <see cref="Block.Data"/>, <see cref="Block.Detail"/>.</summary>
    Image,

    /// <summary>
    /// A document: as Image, plus <see cref="Block.Title"/>, <see cref="Block.Context"/>, <see cref="Block.CitationsEnabled"/>; plain text in
    /// <see cref="Block.Text"/>, blocks in <see cref="Block.Children"/>.
    /// </summary>
    Document,

    /// <summary>Sound: as Image.</summary>
    Audio,

    /// <summary>Moving pictures: as Image.</summary>
    Video,

    /// <summary>A JSON value as tool-result content: <see cref="Block.Input"/>.</summary>
    Json,

    /// <summary>The model's refusal in words: <see cref="Block.Text"/>.</summary>
    Refusal,

    /// <summary>
    /// Retrieved material given as input: <see cref="Block.Title"/>, <see cref="Block.Data"/> (source), <see cref="Block.Children"/> (texts),
    /// <see cref="Block.CitationsEnabled"/>.
    /// </summary>
    SearchResult,

    /// <summary>
    /// A call of a tool that the vendor itself runs: <see cref="Block.Id"/>, <see cref="Block.Name"/>, <see cref="Block.Input"/>,
    /// <see cref="Block.Raw"/>, <see cref="Block.Origin"/>.
    /// </summary>
    ServerToolUse,

    /// <summary>The result of such a call: <see cref="Block.Id"/>, <see cref="Block.Raw"/>, <see cref="Block.Origin"/>.</summary>
    ServerToolResult,

    /// <summary>
    /// A tool added to or removed from the set in mid-conversation: <see cref="Block.Name"/>, <see cref="Block.IsError"/> true for removal,
    /// <see cref="Block.Raw"/>.
    /// </summary>
    ToolChange,

    /// <summary>
    /// In a tool result: a tool that from now on is offered: <see cref="Block.Name"/>, <see cref="Block.Namespace"/>, <see cref="Block.OwnName"/>.
    /// </summary>
    ToolReference,

    /// <summary>
    /// A summary that stands for the conversation before it: <see cref="Block.Text"/>; absent text when only its vendor can read it.
    /// </summary>
    Summary,

    /// <summary>
    /// Anything one vendor knows and the representation does not: <see cref="Block.Raw"/>, <see cref="Block.Origin"/>. Goes home only to that vendor.
    /// </summary>
    Opaque,
}
