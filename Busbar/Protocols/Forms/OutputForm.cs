namespace Busbar.Protocols.Forms;

/// <summary>How a request says how much output it wants at most.</summary>
internal sealed class OutputForm
{
    /// <summary>The vendor's word for the limit.</summary>
    public required byte[] Limit { get; init; }

    /// <summary>Another word for the same; empty when there is none.</summary>
    public byte[] OtherLimit { get; init; } = [];

    /// <summary>Whether the limit stands in an object of settings, not at the top.</summary>
    public bool IsNested { get; init; }

    /// <summary>Names of members that say how many answers are wanted, in lower case and without what joins words.</summary>
    public byte[][] Counts { get; init; } = [];

    /// <summary>Whether the limit may be that of the answer alone, with thinking beside it.</summary>
    public bool MayExcludeThinking { get; init; }

    /// <summary>Whether <c>thinking_budget</c> says that the limit is that of the answer alone, as at DashScope.</summary>
    public bool BudgetIsBeside { get; init; }

    /// <summary>Whether the vendor demands a limit.</summary>
    public bool IsRequired { get; init; }

    /// <summary>Smallest limit the vendor takes, in tokens.</summary>
    public long Min { get; init; } = 1;
}
