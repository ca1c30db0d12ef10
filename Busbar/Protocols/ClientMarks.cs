namespace Busbar.Protocols;

/// <summary>What gives a protocol's clients away where the path says nothing.</summary>
internal sealed class ClientMarks
{
    /// <summary>Headers of which any shows such a client.</summary>
    public string[] Headers { get; init; } = [];

    /// <summary>A header that shows such a client where no other protocol has anything to show; null when there is none.</summary>
    public string? WeakHeader { get; init; }

    /// <summary>What the <c>Authorization</c> of such a client begins with; null when that is nothing of its own.</summary>
    public string? Scheme { get; init; }

    /// <summary>The part of the query that carries the client's key; null when the protocol has none.</summary>
    public string? KeyQuery { get; init; }

    /// <summary>A header in which the vendor's SDK tells its name, on lists of models; null when there is none.</summary>
    public string? SdkHeader { get; init; }

    /// <summary>What that name begins with, in any case.</summary>
    public string SdkName { get; init; } = "";
}
