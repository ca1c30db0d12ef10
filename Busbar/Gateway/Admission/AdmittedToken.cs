using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Busbar.Governance.Keys;
using Busbar.Upstream.Credentials;

namespace Busbar.Gateway.Admission;

/// <summary>
/// Remembers what was admitted last on a connection. Kestrel hands out the same string object for an <c>Authorization</c> that repeats there, whose
/// identity then stands for its content; of the other headers the text is compared, in a time that depends on nothing but its length. Of a virtual
/// key only the search is spared: whether it is still in force is asked each time.
/// </summary>
internal readonly struct AdmittedToken(Authenticator judge, string text, CredentialCarrier carrier, KeyEntry? key = null, KeyDigest digest = default,
    long until = 0)
{
    private readonly Authenticator? _judge = judge;
    private readonly string? _text = text;
    private readonly CredentialCarrier _carrier = carrier;
    private readonly KeyDigest _digest = digest;

    // Of a token of an issuer: when it is to be looked at again, epoch second. Such a token is no secret of the key.
    private readonly long _until = until;

    /// <summary>The key it opened; null where no keys are used.</summary>
    public KeyEntry? Key { get; } = key;

    /// <summary>Hash of the key or token: the same for whatever one caller sends, 0 where nothing was admitted.</summary>
    public int Caller => Key is { } entry ? RuntimeHelpers.GetHashCode(entry) : _text?.GetHashCode(StringComparison.Ordinal) ?? 0;

    /// <summary>Whether <paramref name="judge"/> itself admitted this very <c>Authorization</c> header.</summary>
    public bool IsHeader(Authenticator judge, string? authorization) =>
        authorization is not null && _carrier == CredentialCarrier.Bearer && ReferenceEquals(_text, authorization) && ReferenceEquals(_judge, judge);

    /// <summary>Whether <paramref name="judge"/> itself admitted this token from this carrier, which is not <c>Authorization</c>.</summary>
    // Bounds: AsBytes covers exactly the characters of each string, and the comparison looks at lengths first.
    public bool IsToken(Authenticator judge, string token, CredentialCarrier carrier) =>
        _carrier == carrier && carrier != CredentialCarrier.Bearer && ReferenceEquals(_judge, judge)
        && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(_text.AsSpan()), MemoryMarshal.AsBytes(token.AsSpan()));

    /// <summary>
    /// Whether its key is in force at <paramref name="now"/>, an epoch second, and this still one of its secrets, or a token that need not be looked
    /// at yet.
    /// </summary>
    public bool IsInForce(long now) => _until == 0 ? Key!.Admits(_digest, now) : now < _until && Key!.IsInForce(now);
}
