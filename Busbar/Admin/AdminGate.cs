using System.Security.Cryptography;
using System.Text;
using Busbar.Configuration.Model;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Busbar.Admin;

/// <summary>
/// Who may administer (control plane, 3.5): the admin token in <c>Authorization: Bearer</c> or <c>x-admin-token</c>. Both carriers are compared
/// with both tokens, always, as digests in fixed time.
/// </summary>
internal sealed class AdminGate(GovernanceConfig config)
{
    private const string Scheme = "Bearer ";

    private readonly byte[]? _full = DigestOf(config.AdminToken);
    private readonly byte[]? _read = DigestOf(config.AdminReadToken);

    /// <summary>The configuration it judges by.</summary>
    public GovernanceConfig Config => config;

    /// <summary>What the bearer of <paramref name="headers"/> may do; nobody may do anything while governance is off.</summary>
    public AdminAccess Judge(IHeaderDictionary headers)
    {
        string authorization = First(headers.Authorization);
        string bearer = authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? authorization[Scheme.Length..] : "";
        string header = First(headers["x-admin-token"]);
        bool full = Is(bearer, _full) | Is(header, _full);
        bool read = Is(bearer, _read) | Is(header, _read);
        return !config.Enabled ? AdminAccess.None : full ? AdminAccess.Full : read ? AdminAccess.Read : AdminAccess.None;
    }

    private static bool Is(string presented, byte[]? digest)
    {
        Span<byte> actual = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(Encoding.UTF8.GetBytes(presented), actual);
        return CryptographicOperations.FixedTimeEquals(actual, digest ?? new byte[SHA256.HashSizeInBytes]) & digest
            is not null & !string.IsNullOrWhiteSpace(presented);
    }

    private static byte[]? DigestOf(Secret? token) =>
        token is { IsBlank: false } ? SHA256.HashData(Encoding.UTF8.GetBytes(token.Reveal())) : null;

    private static string First(StringValues values) => values.Count > 0 ? values[0] ?? "" : "";
}
