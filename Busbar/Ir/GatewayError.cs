namespace Busbar.Ir;

/// <summary>An error for a client, neutral of protocol. The message must read like a vendor's: no product vocabulary, no echoed body.</summary>
/// <param name="Kind">What went wrong.</param>
/// <param name="Message">One sentence; null lets the protocol use its own usual words for the kind.</param>
/// <param name="Status">HTTP status to use instead of the kind's usual one (relayed client faults); 0 for the usual one.</param>
/// <param name="Param">The offending request field, where the protocol has a place for it.</param>
/// <param name="Code">A stable code, where the protocol has a place for it and the kind implies none.</param>
internal sealed record GatewayError(ErrorKind Kind, string? Message = null, int Status = 0, string? Param = null, string? Code = null);
