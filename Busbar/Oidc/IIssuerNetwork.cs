namespace Busbar.Oidc;

/// <summary>Fetches what issuers publish.</summary>
internal interface IIssuerNetwork
{
    /// <summary>
    /// The body of a successful answer of at most <paramref name="maxBytes"/>. Throws <see cref="IssuerException"/> for anything else.
    /// </summary>
    Task<byte[]> GetAsync(string url, Configuration.Model.JwtIssuerConfig issuer, int maxBytes, CancellationToken cancellation);
}
