namespace Busbar.Upstream.SigV4;

/// <summary>
/// The headers that carry a signature. The request must go out with exactly these and with the content type and host that were signed.
/// </summary>
/// <param name="Authorization">Value of <c>authorization</c>.</param>
/// <param name="Date">Value of <c>x-amz-date</c>.</param>
/// <param name="ContentSha256">Value of <c>x-amz-content-sha256</c>.</param>
/// <param name="SecurityToken">Value of <c>x-amz-security-token</c>; null when there is none to send.</param>
internal readonly record struct SigV4Headers(string Authorization, string Date, string ContentSha256, string? SecurityToken);
