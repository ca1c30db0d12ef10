namespace Busbar.Upstream.Http1;

/// <summary>Status line and header lines of an answer.</summary>
/// <param name="Status">100 to 999.</param>
/// <param name="IsOld">It is HTTP/1.0, whose connections end unless they say otherwise.</param>
/// <param name="Lines">The header lines.</param>
internal sealed record Http1Head(int Status, bool IsOld, ResponseHead Lines);
