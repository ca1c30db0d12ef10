using Busbar.Ir;

namespace Busbar.Reliability.Faults;

/// <summary>Names the class of a failed answer from its status, what the provider said, and the operator's <c>error_map</c>.</summary>
internal static class FaultClassifier
{
    private const string ContextLengthCode = "context_length_exceeded";

    /// <summary>
    /// Class of an answer with an HTTP status that is not 2xx. First hit wins: mapped code, context length, mapped type, status. A mapping to
    /// context_length does not apply to 5xx, where nothing the client could shorten is to blame.
    /// </summary>
    public static FaultClass Classify(int status, in ProviderError error, IReadOnlyDictionary<string, FaultClass> errorMap)
    {
        // Gemini answers a bad key with 400 and an explicit reason.
        if (error.IsInvalidKey)
        {
            status = 401;
        }

        if (TryMap(error.Code, status, errorMap, out var mapped))
        {
            return mapped;
        }

        if (status is 400 or 413 && (error.IsContextLength || error.Code == ContextLengthCode))
        {
            return FaultClass.ContextLength;
        }

        return TryMap(error.Type, status, errorMap, out mapped) ? mapped : OfStatus(status);
    }

    /// <summary>Class of an error inside a stream or a 200 body: mapped code, mapped type, else what the protocol's reader made of it.</summary>
    public static FaultClass Classify(StreamError error, IReadOnlyDictionary<string, FaultClass> errorMap) =>
        TryMap(error.Error.Code, 200, errorMap, out var mapped) || TryMap(error.Error.Type, 200, errorMap, out mapped) ? mapped : error.Class;

    /// <summary>
    /// Class of a status alone. What is no error status at all counts as the client's, so that it is relayed and harms nobody; but a change of protocol
    /// that nobody asked for (101) is no answer that could be relayed.
    /// </summary>
    public static FaultClass OfStatus(int status) => status switch
    {
        401 or 403 => FaultClass.Auth,
        402 => FaultClass.Billing,
        408 => FaultClass.Timeout,
        429 => FaultClass.RateLimit,
        529 => FaultClass.Overloaded,
        < 200 => FaultClass.ServerError,
        >= 500 and <= 599 => FaultClass.ServerError,
        _ => FaultClass.ClientError,
    };

    private static bool TryMap(string? key, int status, IReadOnlyDictionary<string, FaultClass> errorMap, out FaultClass mapped)
    {
        mapped = default;
        return key is not null && errorMap.TryGetValue(key, out mapped) && (mapped != FaultClass.ContextLength || status is < 500 or > 599);
    }
}
