namespace Busbar.Gateway;

/// <summary>
/// Remembers that a header value was admitted. Kestrel hands out the same string object for a header that repeats on a connection, so the object's
/// identity stands for its content; any other object, equal or not, is judged anew.
/// </summary>
internal readonly struct AdmittedToken(Authenticator judge, string header)
{
    private readonly Authenticator? _judge = judge;
    private readonly string? _header = header;

    /// <summary>Whether <paramref name="judge"/> itself admitted this very object.</summary>
    public bool Is(Authenticator judge, string? header) => header is not null && ReferenceEquals(_header, header) && ReferenceEquals(_judge, judge);
}
