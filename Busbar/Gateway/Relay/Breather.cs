namespace Busbar.Gateway.Relay;

/// <summary>
/// Tells when to let others have the thread. A provider that is faster than its client's connection is slow would otherwise be read without a pause,
/// on a thread that serves many connections.
/// </summary>
internal struct Breather
{
    private const int MaxAtOnce = 64 * 1024;

    private int _bytes;

    /// <summary>Whether it is time, now that <paramref name="bytes"/> more were relayed; the caller then yields.</summary>
    public bool IsDue(int bytes)
    {
        _bytes += bytes;
        if (_bytes < MaxAtOnce)
        {
            return false;
        }

        _bytes = 0;
        return true;
    }
}
