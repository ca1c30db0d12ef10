namespace Busbar.Tests.Scenarios.Limits.Storm;

/// <summary>All that is known of one request: by its client, by the provider and by the request log of the node.</summary>
internal struct StormRequest
{
    /// <summary>The key, counted over all waves.</summary>
    public int Key;

    /// <summary>Number of the node that it was sent to, from 0.</summary>
    public byte Node;

    /// <summary>How often that node had been started.</summary>
    public byte Start;

    /// <summary>Whether it went to the second pool.</summary>
    public bool IsSide;

    /// <summary>The session that it named, from 1; 0 for none.</summary>
    public byte Session;

    /// <summary>Status that the client saw; 0 where it left, or was cut off, before there was one.</summary>
    public short Status;

    /// <summary>Whether the client left by itself, or gave up waiting.</summary>
    public bool HasLeft;

    /// <summary>Milliseconds since 1970 at which it came to the provider; 0 when it did not.</summary>
    public long ArrivedAt;

    /// <summary>Milliseconds since 1970 at which the provider was done with it.</summary>
    public long DoneAt;

    /// <summary>Tokens of which the provider sent word; 0 for an answer without.</summary>
    public short Reported;

    /// <summary>Tokens that the provider had made when it stopped, and would send a bill for.</summary>
    public short Made;

    /// <summary>Whether the request log has it.</summary>
    public bool IsLogged;

    /// <summary>Milliseconds since 1970 at which it ended, by the request log.</summary>
    public long EndedAt;

    /// <summary>Cents charged, by the request log.</summary>
    public short Charged;

    /// <summary>Tokens charged, by the request log.</summary>
    public short ChargedTokens;

    /// <summary>Outcome, by the request log.</summary>
    public string? Outcome;
}
