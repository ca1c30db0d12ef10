namespace Busbar.Configuration.Model;

/// <summary>How callers are authenticated.</summary>
internal enum AuthMode : byte
{
    /// <summary>Everybody may call: an open relay, announced loudly.</summary>
    None,

    /// <summary>The presented token must be on the list.</summary>
    Token,

    /// <summary>The presented token is the credential for the provider.</summary>
    Passthrough,
}
