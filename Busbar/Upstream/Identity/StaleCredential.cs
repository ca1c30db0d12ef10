using Busbar.Ir;

namespace Busbar.Upstream.Identity;

/// <summary>
/// Says whether a provider's refusal means that a minted credential has ended, or is no longer known, so that a new one may be taken.
/// </summary>
internal static class StaleCredential
{
    // AWS says so with 403, and in some services with 400.
    private static readonly string[] Codes = ["ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId",
        "InvalidTokenException"];

    /// <summary>Whether it means that.</summary>
    public static bool Is(int status, in ProviderError error) =>
        status == 401 || (status is 400 or 403 && (Codes.Contains(error.Code) || Codes.Contains(error.Type) || HasWords(error.Message)));

    private static bool HasWords(string? message) => message is not null
        && message.Contains("security token", StringComparison.OrdinalIgnoreCase)
        && (message.Contains("expired", StringComparison.OrdinalIgnoreCase) || message.Contains("is invalid", StringComparison.OrdinalIgnoreCase));
}
