using Busbar.Ir;

namespace Busbar.Protocols.Translation;

/// <summary>Everything that must happen to a request between the reader of one dialect and the writer of another, in order.</summary>
internal static class Seam
{
    /// <summary>
    /// Fits <paramref name="request"/> to <paramref name="target"/>. Null on success; otherwise what to tell the client. What is dropped or
    /// degraded is noted in <see cref="TranslationContext.Losses"/>.
    /// </summary>
    public static GatewayError? Prepare(ChatRequest request, Protocol ingress, Protocol egress, EgressTarget target, TranslationContext context) =>
        throw new NotImplementedException();
}
