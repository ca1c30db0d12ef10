namespace Busbar.Upstream.Credentials;

/// <summary>Where a caller put its token.</summary>
internal enum CredentialCarrier : byte
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary><c>Authorization: Bearer</c>.</summary>
    Bearer,

    /// <summary><c>x-api-key</c>.</summary>
    ApiKeyHeader,

    /// <summary><c>x-goog-api-key</c>.</summary>
    GoogleHeader,

    /// <summary><c>api-key</c> (Azure).</summary>
    AzureHeader,

    /// <summary>Query parameter <c>key</c> (Gemini).</summary>
    Query,

    /// <summary>It has none to show: it signed the request (AWS Signature Version 4).</summary>
    Signature,

    /// <summary>The header in which a virtual key stands beside the caller's own credential.</summary>
    KeyHeader,
}
