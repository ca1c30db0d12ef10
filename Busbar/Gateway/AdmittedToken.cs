using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Busbar.Upstream;

namespace Busbar.Gateway;

/// <summary>
/// Remembers what was admitted last on a connection. Kestrel hands out the same string object for an <c>Authorization</c> that repeats there, whose
/// identity then stands for its content; of the other headers the text is compared, in a time that depends on nothing but its length.
/// </summary>
internal readonly struct AdmittedToken(Authenticator judge, string text, CredentialCarrier carrier)
{
    private readonly Authenticator? _judge = judge;
    private readonly string? _text = text;
    private readonly CredentialCarrier _carrier = carrier;

    /// <summary>Whether <paramref name="judge"/> itself admitted this very <c>Authorization</c> header.</summary>
    public bool IsHeader(Authenticator judge, string? authorization) =>
        authorization is not null && _carrier == CredentialCarrier.Bearer && ReferenceEquals(_text, authorization) && ReferenceEquals(_judge, judge);

    /// <summary>Whether <paramref name="judge"/> itself admitted this token from this carrier, which is not <c>Authorization</c>.</summary>
    public bool IsToken(Authenticator judge, string token, CredentialCarrier carrier) =>
        _carrier == carrier && carrier != CredentialCarrier.Bearer && ReferenceEquals(_judge, judge)
        && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(_text.AsSpan()), MemoryMarshal.AsBytes(token.AsSpan()));
}
