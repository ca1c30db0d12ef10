namespace Busbar.Governance.Leases;

/// <summary>A node's time with the database. What was lent in it is good for nothing once it is over.</summary>
/// <param name="id">Its number.</param>
internal sealed class LeaseSession(long id)
{
    private long _endsAt;

    /// <summary>Its number; never used again by any node.</summary>
    public long Id { get; } = id;

    /// <summary>
    /// The timestamp of this node's clock, which only goes forward, from which on nothing may be admitted without another word of the database.
    /// </summary>
    public long EndsAt
    {
        get => Volatile.Read(ref _endsAt);
        set => Volatile.Write(ref _endsAt, value);
    }
}
