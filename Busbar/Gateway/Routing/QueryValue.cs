namespace Busbar.Gateway.Routing;

/// <summary>Looks up a parameter in a raw query.</summary>
internal static class QueryValue
{
    /// <summary>The first value of <paramref name="name"/> that is not empty, still percent-encoded; empty when there is none.</summary>
    public static ReadOnlySpan<char> Of(ReadOnlySpan<char> query, string name)
    {
        foreach (Range part in query.Split('&'))
        {
            ReadOnlySpan<char> pair = query[part];
            if (pair.Length > name.Length + 1 && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal))
            {
                return pair[(name.Length + 1)..];
            }
        }

        return default;
    }
}
