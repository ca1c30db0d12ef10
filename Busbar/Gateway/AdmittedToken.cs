using Busbar.Governance;

namespace Busbar.Gateway;

/// <summary>
/// Remembers that a header value was admitted. Kestrel hands out the same string object for a header that repeats on a connection, so the object's
/// identity stands for its content; any other object, equal or not, is judged anew. Of a virtual key only the search is spared: whether it is
/// still in force is asked each time.
/// </summary>
internal readonly struct AdmittedToken(Authenticator judge, string header, KeyEntry? key = null, KeyDigest digest = default)
{
    private readonly Authenticator? _judge = judge;
    private readonly string? _header = header;
    private readonly KeyDigest _digest = digest;

    /// <summary>The key it opened; null where no keys are used.</summary>
    public KeyEntry? Key { get; } = key;

    /// <summary>Whether <paramref name="judge"/> itself admitted this very object.</summary>
    public bool Is(Authenticator judge, string? header) => header is not null && ReferenceEquals(_header, header) && ReferenceEquals(_judge, judge);

    /// <summary>Whether its key is in force at <paramref name="now"/>, an epoch second, and this still one of its secrets.</summary>
    public bool IsInForce(long now) => Key!.Admits(_digest, now);
}
