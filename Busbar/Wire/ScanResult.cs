using Busbar.Wire.Json;

namespace Busbar.Wire;

/// <summary>Outcome of <see cref="RequestScan.TryScan"/>.</summary>
internal enum ScanResult : byte
{
    /// <summary>Exactly one JSON object.</summary>
    Ok,

    /// <summary>Not exactly one valid JSON value in UTF-8.</summary>
    NotJson,

    /// <summary>Valid JSON whose top-level value is no object.</summary>
    NotObject,

    /// <summary>Nested deeper than <see cref="JsonTape.MaxDepth"/>.</summary>
    TooDeep,

    /// <summary>The member <c>model</c> appears twice, so that two parsers could disagree about it.</summary>
    DuplicateModel,

    /// <summary>
    /// A member that says what the provider keeps, or is to keep, appears twice (<c>previous_response_id</c>, <c>conversation</c>, <c>store</c>).
    /// </summary>
    DuplicateReference,

    /// <summary>
    /// A member differs from <c>model</c>, <c>previous_response_id</c> or <c>conversation</c> in case alone, so that two parsers could disagree about
    /// it.
    /// </summary>
    Misspelt,
}
