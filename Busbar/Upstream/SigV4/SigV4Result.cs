namespace Busbar.Upstream.SigV4;

/// <summary>
/// Outcome of <see cref="SigV4Verifier.Judge"/> and <see cref="SigV4Claim.Check"/>. Everything but <see cref="Valid"/> is answered alike; the
/// distinction is for the log.
/// </summary>
internal enum SigV4Result : byte
{
    /// <summary>The signature is right.</summary>
    Valid,

    /// <summary>The <c>Authorization</c> header is no well-formed SigV4 credential.</summary>
    Malformed,

    /// <summary><c>x-amz-date</c> is absent or malformed.</summary>
    NoDate,

    /// <summary>The request's time differs from ours by more than 300 seconds.</summary>
    Skewed,

    /// <summary>The credential scope names another day than the request.</summary>
    WrongScope,

    /// <summary>The host is not among the signed headers.</summary>
    HostNotSigned,

    /// <summary>A header that is said to be signed is not there.</summary>
    HeaderMissing,

    /// <summary>The payload hash header is not signed, is no hash (<c>UNSIGNED-PAYLOAD</c>), or does not match the body.</summary>
    WrongPayload,

    /// <summary>The signature is another.</summary>
    WrongSignature,
}
