namespace Busbar.Protocols.Forms;

/// <summary>How providers of a protocol want to be shown a key.</summary>
internal enum KeyForm : byte
{
    /// <summary>As a bearer token.</summary>
    Bearer,

    /// <summary>In <c>x-api-key</c>, tokens of OAuth as bearer tokens.</summary>
    ApiKeyHeader,

    /// <summary>In <c>x-goog-api-key</c>, tokens of OAuth as bearer tokens.</summary>
    GoogleHeader,

    /// <summary>A pair of keys signs the request; any other key is a bearer token.</summary>
    Signature,
}
