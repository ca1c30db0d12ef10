using Busbar.Upstream.SigV4;

namespace Busbar.Tests.Upstream.SigV4;

/// <summary>Both halves of verifying a signature: what the headers allow, then secret and body.</summary>
internal static class SigV4Check
{
    /// <summary>The first result that is not valid; <paramref name="accessKeyId"/> is empty then.</summary>
    public static SigV4Result Verify(in SigV4Inbound request, byte[] body, Func<string, string> secretOf, DateTimeOffset now, out string accessKeyId)
    {
        accessKeyId = "";
        SigV4Result result = SigV4Verifier.Judge(request, now, out SigV4Claim? claim);
        if (result == SigV4Result.Valid && (result = claim!.Check(secretOf(claim.AccessKeyId), SigV4Claim.HashOf(body))) == SigV4Result.Valid)
        {
            accessKeyId = claim.AccessKeyId;
        }

        return result;
    }
}
