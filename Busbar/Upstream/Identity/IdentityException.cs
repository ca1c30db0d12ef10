namespace Busbar.Upstream.Identity;

/// <summary>No credential could be obtained.</summary>
/// <param name="reason">A phrase for operators, free of secrets and of the words of servers.</param>
/// <param name="cause">What failed below; null for nothing.</param>
internal sealed class IdentityException(string reason, Exception? cause = null) : IOException(reason, cause)
{
    /// <summary>A phrase for operators.</summary>
    public string Reason => Message;
}
