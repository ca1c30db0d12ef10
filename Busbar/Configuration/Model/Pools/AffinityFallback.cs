namespace Busbar.Configuration.Model.Pools;

/// <summary>What stands in for the header of a session.</summary>
internal enum AffinityFallback
{
    /// <summary>Nothing: such a request belongs to no session.</summary>
    None,

    /// <summary>The system prompt.</summary>
    System,

    /// <summary>What all requests of a conversation begin with: instructions, tools and the first turn.</summary>
    Prefix,
}
