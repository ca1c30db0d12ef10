namespace Busbar.Configuration.Model;

/// <summary>The <c>cors:</c> block: pages of which origins may call from a browser (Fetch Standard, CORS protocol).</summary>
internal sealed record CorsConfig
{
    /// <summary>Origins, <c>scheme://host[:port]</c> each, or <c>*</c> for any; none by default.</summary>
    public IReadOnlyList<string> AllowedOrigins { get; init; } = [];

    /// <summary>Whether a page of <paramref name="origin"/> may call.</summary>
    public bool Allows(string origin)
    {
        foreach (string allowed in AllowedOrigins)
        {
            if (allowed == "*" || allowed.Equals(origin, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }

        return false;
    }
}
