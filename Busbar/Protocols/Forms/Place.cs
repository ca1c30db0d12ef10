namespace Busbar.Protocols.Forms;

/// <summary>Where in a request a block stands.</summary>
internal enum Place : byte
{
    /// <summary>In instructions, or in a turn of the model's.</summary>
    Elsewhere,

    /// <summary>In a turn of the user's.</summary>
    Turn,

    /// <summary>In the result of a tool call.</summary>
    Result,
}
