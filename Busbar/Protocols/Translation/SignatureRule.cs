using Busbar.Ir;

namespace Busbar.Protocols.Translation;

/// <summary>Which signatures and thinking blocks may travel to which model.</summary>
internal static class SignatureRule
{
    /// <summary>Restores or drops what is wrapped; true when anything changed.</summary>
    public static bool RestoreWrapped(ChatRequest request, TranslationContext context) => throw new NotImplementedException();
}
