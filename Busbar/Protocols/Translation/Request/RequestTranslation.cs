using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Translation.Request;

/// <summary>A request body of one dialect into a request body of another.</summary>
internal static class RequestTranslation
{
    /// <summary>
    /// Reads <paramref name="body"/> with <paramref name="ingress"/> into <paramref name="request"/> (reset first), prepares it for
    /// <paramref name="target"/> and appends it in the dialect of <paramref name="egress"/> to <paramref name="output"/>. Null on success; otherwise
    /// what to tell the client, with nothing written.
    /// </summary>
    public static GatewayError? Translate(
        ReadOnlyMemory<byte> body,
        JsonText pathModel,
        bool stream,
        Protocol ingress,
        Protocol egress,
        EgressTarget target,
        TranslationContext context,
        ChatRequest request,
        PooledBuffer output)
    {
        request.Reset();
        if (ingress.ReadRequest(body, pathModel, stream, request) is { } unreadable)
        {
            return unreadable;
        }

        if (Seam.Prepare(request, ingress, egress, target, context) is { } refused)
        {
            return refused;
        }

        egress.WriteRequest(request, target, new JsonWriter(output), ref context.Losses);
        return null;
    }
}
