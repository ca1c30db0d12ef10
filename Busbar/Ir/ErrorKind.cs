namespace Busbar.Ir;

/// <summary>What the gateway tells a client, before it is put into the client's protocol (control plane, 3.8).</summary>
internal enum ErrorKind : byte
{
    /// <summary>Malformed or impossible request (400).</summary>
    InvalidRequest,

    /// <summary>Credential missing or wrong (401; Gemini 400; Bedrock 403).</summary>
    Authentication,

    /// <summary>Not allowed (403).</summary>
    Permission,

    /// <summary>No such model or path (404).</summary>
    NotFound,

    /// <summary>Wrong method (405).</summary>
    MethodNotAllowed,

    /// <summary>Body over the limit (413).</summary>
    TooLarge,

    /// <summary>Too many requests or tokens (429).</summary>
    RateLimit,

    /// <summary>Budget used up (429; Bedrock 400).</summary>
    Quota,

    /// <summary>Longer than the model's context (400).</summary>
    ContextLength,

    /// <summary>A fault on this side (500).</summary>
    Internal,

    /// <summary>The provider's answer broke off (502).</summary>
    BadGateway,

    /// <summary>The provider has no capacity (503).</summary>
    Overloaded,

    /// <summary>Nothing here can serve the request now, which says nothing about the vendor (503).</summary>
    Unavailable,

    /// <summary>No answer in time (504).</summary>
    Timeout,
}
