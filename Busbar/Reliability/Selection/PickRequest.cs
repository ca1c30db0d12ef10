namespace Busbar.Reliability.Selection;

/// <summary>What one client request asks of selection. It lives as long as the request, through all its pools.</summary>
internal struct PickRequest
{
    /// <summary>Lanes already called for this request; never picked again.</summary>
    public LaneSet Tried;

    /// <summary>Lanes whose context is known and not larger than this many tokens are passed over; 0 for no bound.</summary>
    public long ContextFloor;

    /// <summary>Hash of the session; null for none. A preference only: a lane that cannot serve now is passed over.</summary>
    public ulong? AffinityKey;

    /// <summary>Index of the lane to take before any other whenever it can serve; null for none.</summary>
    public int? AffinityLane;

    /// <summary>Index of the lane that the body is prepared for; null for none. Taken before others that can serve now, but for the home.</summary>
    public int? PreparedLane;

    /// <summary>It is for a second call beside a slow one.</summary>
    public bool IsHedge;

    /// <summary>Hash of who asks; 0 where callers are not told apart.</summary>
    public int Caller;

    /// <summary>Something else than chat is asked for; it meets breakers of its own.</summary>
    public bool IsBeside;

    /// <summary>Whose request it is, where callers take turns; 0 where all are one.</summary>
    public ulong Turn;

    /// <summary>
    /// What it likely costs at a lane whose tokens of a minute are limited; 0 where none is, -1 where it has no part in the minute.
    /// </summary>
    public long Tokens;

    /// <summary>Notes that the request was too long for <paramref name="member"/>.</summary>
    public void Outgrew(PoolMember member) => ContextFloor = Math.Max(ContextFloor, member.ContextMax ?? 0);
}
