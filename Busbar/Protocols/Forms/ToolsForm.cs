using System.Buffers;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Forms;

/// <summary>What tools of a protocol are like, and their calls. What is left out is as with most vendors.</summary>
internal sealed class ToolsForm
{
    /// <summary>Letters, digits, underscores and hyphens.</summary>
    public static readonly SearchValues<byte> UsualCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"u8);

    /// <summary>What native ids of calls start with; empty where ids have no shape.</summary>
    public byte[] IdPrefix { get; init; } = [];

    /// <summary>Longest id of a call, in bytes; 0 where any length goes.</summary>
    public int MaxId { get; init; }

    /// <summary>What ids of calls must not start with, as the vendor's own tools have such; empty for nothing.</summary>
    public byte[] ReservedIds { get; init; } = [];

    /// <summary>What names consist of.</summary>
    public SearchValues<byte> NameCharacters { get; init; } = UsualCharacters;

    /// <summary>Longest name, in bytes.</summary>
    public int MaxName { get; init; } = 64;

    /// <summary>Whether a name begins with a letter or an underscore.</summary>
    public bool NamesStartWithLetter { get; init; }

    /// <summary>Whether there are tools whose argument is free text.</summary>
    public bool HasFreeText { get; init; }

    /// <summary>Whether the schema of a function must be that of an object.</summary>
    public bool WantsObjects { get; init; } = true;

    /// <summary>Whether a choice can name several tools; otherwise the others are not offered.</summary>
    public bool HasAllowedList { get; init; } = true;

    /// <summary>Whether a forced call and thinking exclude each other.</summary>
    public bool ForcingExcludesThinking { get; init; }

    /// <summary>Whether strictness is a mode of all functions together.</summary>
    public bool SharesStrictness { get; init; }

    /// <summary>Whether a request says if several calls may come at once.</summary>
    public bool HasParallelSwitch { get; init; } = true;

    /// <summary>Whether tools can be added in the middle of a conversation.</summary>
    public bool HasChanges { get; init; }

    /// <summary>The name of the vendor's own web search in the list of tools; absent where it has none.</summary>
    public JsonText SearchName { get; init; }
}
