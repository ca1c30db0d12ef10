using Busbar.Ir;

namespace Busbar.Protocols.Translation;

/// <summary>Everything that must happen to a whole answer between the reader of the provider's dialect and the writer of the client's.</summary>
internal static class ResponseSeam
{
    /// <summary>Fits <paramref name="response"/> to the client's dialect.</summary>
    public static void Prepare(ChatResponse response, TranslationContext context) => throw new NotImplementedException();
}
