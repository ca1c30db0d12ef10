namespace Busbar.Ir;

/// <summary>In which of its tiers of service a provider says that it has served a request. It decides the price.</summary>
internal enum ServedTier : byte
{
    /// <summary>The ordinary one, or none was named.</summary>
    Standard,

    /// <summary>In a batch.</summary>
    Batch,

    /// <summary>When there was room.</summary>
    Flex,

    /// <summary>Before others.</summary>
    Priority,

    /// <summary>One that no price list knows.</summary>
    Other,
}
