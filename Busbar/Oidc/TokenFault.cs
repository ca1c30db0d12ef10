namespace Busbar.Oidc;

/// <summary>Why a token is refused; <see cref="TokenFaults.NameOf"/> is its word in log and metric.</summary>
internal enum TokenFault : byte
{
    /// <summary>It is not.</summary>
    None,

    /// <summary>It is no JWT in the compact form: parts, Base64url or JSON are wrong, or a name occurs twice.</summary>
    Malformed,

    /// <summary>It is longer than <see cref="JwtReader.MaxLength"/>.</summary>
    TooLong,

    /// <summary>It has no signature.</summary>
    Unsigned,

    /// <summary>Its algorithm is not allowed.</summary>
    Algorithm,

    /// <summary>It demands an extension (<c>crit</c>), or is a JWT of another kind than those that admit.</summary>
    Extension,

    /// <summary>It does not say by which key it is signed.</summary>
    NoKid,

    /// <summary>Its issuer is not configured.</summary>
    Issuer,

    /// <summary>It is meant for others.</summary>
    Audience,

    /// <summary>It has ended.</summary>
    Expired,

    /// <summary>It has not begun.</summary>
    NotYetValid,

    /// <summary>A claim is missing, of a wrong type, or not what is required.</summary>
    Claims,

    /// <summary>The issuer has no key of that name that fits the algorithm.</summary>
    UnknownKey,

    /// <summary>The issuer's keys cannot be read now.</summary>
    KeysUnavailable,

    /// <summary>The signature is wrong.</summary>
    Signature,

    /// <summary>No group is mapped to it.</summary>
    NoGroup,

    /// <summary>No pool is mapped to it.</summary>
    NoPools,

    /// <summary>Its subject was disabled, has expired, or belongs to a frozen group.</summary>
    Disabled,

    /// <summary>Too many subjects are known, or the new one could not be stored.</summary>
    NotStored,
}
