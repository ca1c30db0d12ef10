using Busbar.Ir;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Translation.Signatures;

/// <summary>How the provider's signatures are shown to a client of another protocol.</summary>
internal static class ResponseSignatures
{
    /// <summary>
    /// The client's protocol has a place for signatures of thinking. Chat Completions and Cohere have none.
    /// </summary>
    public static bool CanShow(TranslationContext context) =>
        context.Client.Reasoning.HasSignatures;

    /// <summary>
    /// Thinking goes out with a mark even when it came without a signature, so that it is recognised when the client sends it to the real vendor,
    /// which would refuse it.
    /// </summary>
    public static bool MarksUnsigned(TranslationContext context) =>
        context.Client.Reasoning.CarriesOthers;

    /// <summary>
    /// Signatures of calls and words travel in thinking blocks of their own; otherwise on the call or text itself, where the protocol has such a
    /// place.
    /// </summary>
    public static bool CarriesToolSignature(TranslationContext context) => MarksUnsigned(context);

    /// <summary>Claude's signatures hold at Anthropic and at Bedrock, so they go out bare between the two.</summary>
    private static bool GoesBare(TranslationContext context, SignatureUse use) =>
        use is SignatureUse.Thinking or SignatureUse.Redacted
        && context.Family == ModelFamily.Claude
        && context.Client.Reasoning.Family == ModelFamily.Claude
        && context.Provider.Reasoning.Family == ModelFamily.Claude;

    /// <summary>What the client gets to see in place of <paramref name="signature"/>, stored in <paramref name="arena"/>.</summary>
    public static JsonText Shown(TranslationContext context, SignatureUse use, JsonText signature, IrArena arena)
    {
        if (GoesBare(context, use) && !signature.IsNullOrEmpty)
        {
            return signature;
        }

        using var token = new PooledBuffer(signature.Escaped.Length + 128);
        SignatureEnvelope.Wrap(context.Egress, use, context.Family, signature, token);
        return arena.StoreText(token.Span);
    }
}
