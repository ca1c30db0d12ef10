using Busbar.Governance.Budgets;
using Busbar.Governance.Keys;

namespace Busbar.Admin.Process;

/// <summary>Lets an operator send a request as a client would, in the name of a key or of nobody.</summary>
internal sealed class TrialEndpoint(Governor? governor, AuditLog audit, TimeProvider time)
{
    /// <summary>Names the key by its id.</summary>
    public const string KeyHeader = "x-busbar-key-id";

    private static readonly int Prefix = AdminRoutes.TryPattern.IndexOf('{') - 1;

    /// <summary>Answers <paramref name="request"/>: with the request to serve, or with what is wrong.</summary>
    public async ValueTask<AdminError?> RunAsync(AdminRequest request, AdminReply reply)
    {
        KeyEntry? entry = null;
        if (request.Headers[KeyHeader].ToString() is { Length: > 0 } id)
        {
            entry = governor?.Keys.Find(id);
            if (entry is null)
            {
                return AdminError.NotFound($"there is no key with the id that {KeyHeader} names");
            }

            if (entry.IsDeleted || entry.Group is { IsFrozen: true } || !entry.Key.IsActive(time.GetUtcNow().ToUnixTimeSeconds()))
            {
                return new AdminError(
                    409, "key_inactive", $"the key that {KeyHeader} names opens nothing now: it is disabled, blocked, expired or frozen");
            }
        }

        await Task.Run(() => audit.Note("request.try", entry?.Key.Id ?? "", "", request.Source)).ConfigureAwait(false);
        string query = request.Query.Length > 0 ? "?" + request.Query : "";
        reply.Trial = new Trial(request.Path[Prefix..] + query, entry);
        return null;
    }
}
