using Busbar.Ir;

namespace Busbar.Protocols.Translation;

/// <summary>Brings the turns of a conversation into an order the target accepts.</summary>
internal static class TurnNormaliser
{
    /// <summary>Removes turns without blocks.</summary>
    public static void DropEmptyTurns(ChatRequest request, ProtocolId target) => throw new NotImplementedException();
}
