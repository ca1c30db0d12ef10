using Busbar.Governance.Store;

namespace Busbar.Governance.Leases;

/// <summary>
/// Where nodes borrow parts of limits. For each limit and window it holds that what was used and what is lent to living sessions never passes the cap
/// together, unless requests turned out dearer than what they had reserved. Every method may throw <see cref="StoreException"/>; the call may have
/// been carried out even so.
/// </summary>
internal interface ILeaseStore : IDisposable
{
    /// <summary>
    /// Begins a session, which ends after <paramref name="term"/> without a call: its number, never used before, and the clock of the database in
    /// milliseconds since 1970.
    /// </summary>
    Task<(long Session, long NowMillis)> OpenAsync(TimeSpan term, CancellationToken stop);

    /// <summary>
    /// Notes what was used, lends, and takes back what is not counted on any more. Throws <see cref="GoneSessionException"/>, and nothing was done, for
    /// a session that ended so long ago that it is not known any more.
    /// </summary>
    Task<LeaseReply> ExchangeAsync(LeaseCall call, CancellationToken stop);

    /// <summary>Ends <paramref name="session"/>: of what it had borrowed only what it has used counts from now on.</summary>
    Task CloseAsync(long session, CancellationToken stop);
}
