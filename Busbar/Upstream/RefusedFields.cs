namespace Busbar.Upstream;

/// <summary>
/// Names of request fields that a lane's provider has refused as such, so that they are not sent to it again. Kept until the configuration is loaded
/// again; at most <see cref="Max"/> of them. Safe for use by many requests at once.
/// </summary>
internal sealed class RefusedFields
{
    /// <summary>Most names that are kept; what is refused beyond that is refused again.</summary>
    public const int Max = 16;

    private readonly Lock _lock = new();
    private volatile string[] _names = [];

    /// <summary>The names, oldest first.</summary>
    public ReadOnlySpan<string> Names => _names;

    /// <summary>Whether <paramref name="name"/> is among them.</summary>
    public bool Contains(string name) => Array.IndexOf(_names, name) >= 0;

    /// <summary>Notes <paramref name="name"/>, if there is room.</summary>
    public void Add(string name)
    {
        lock (_lock)
        {
            if (_names.Length < Max && !Contains(name))
            {
                _names = [.. _names, name];
            }
        }
    }
}
