using Busbar.Ir;
using Busbar.Ir.Streams;

namespace Busbar.Reliability.Faults;

/// <summary>Names the class of a failed answer from its status, what the provider said, and the operator's <c>error_map</c>.</summary>
internal static class FaultClassifier
{
    private const string ContextLengthCode = "context_length_exceeded";

    /// <summary>
    /// Class of an answer with an HTTP status that is not 2xx. First hit wins: mapped code, context length, mapped type, mapped phrase, mapped
    /// status, what the vendors' words say, status. A mapping to context_length does not apply to 5xx, where nothing the client could shorten is to
    /// blame.
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

        return TryMap(error.Type, status, errorMap, out mapped) || TryMapWords(error.Message, status, errorMap, out mapped)
            ? mapped
            : FaultWords.Class(status, error) ?? OfStatus(status);
    }

    /// <summary>Class of an error inside a stream or a 200 body: mapped code, type or phrase, else what the protocol's reader made of it.</summary>
    public static FaultClass Classify(StreamError error, IReadOnlyDictionary<string, FaultClass> errorMap)
    {
        if (TryMap(error.Error.Code, 200, errorMap, out var mapped) || TryMap(error.Error.Type, 200, errorMap, out mapped)
            || TryMapPhrase(error.Error.Message, 200, errorMap, out mapped))
        {
            return mapped;
        }

        // What the reader takes for the client's fault, or for the account's, may be more exactly known.
        return error.Class switch
        {
            FaultClass.ClientError => FaultWords.Class(400, error.Error) ?? FaultClass.ClientError,
            FaultClass.Auth when error.Error.Type is "permission_error" || error.Error.Code is "403" => FaultWords.Class(403, error.Error)
                ?? FaultClass.Declined,
            FaultClass.Billing when error.Error.Code is "402" or "403" => FaultWords.Class(402, error.Error) ?? FaultClass.Declined,
            _ => error.Class,
        };
    }

    /// <summary>
    /// Class of a status alone. What is no error status at all counts as the client's, so that it is relayed and harms nobody; but a change of
    /// protocol that nobody asked for (101) is no answer that could be relayed.
    /// </summary>
    public static FaultClass OfStatus(int status) => status switch
    {
        401 => FaultClass.Auth,
        402 or 403 => FaultClass.Declined,
        408 => FaultClass.Timeout,
        // Bedrock: the model failed at what it was given.
        424 => FaultClass.ServerError,
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

    private static bool TryMapWords(string? message, int status, IReadOnlyDictionary<string, FaultClass> errorMap, out FaultClass mapped) =>
        TryMapPhrase(message, status, errorMap, out mapped)
        || TryMap(status.ToString(System.Globalization.CultureInfo.InvariantCulture), status, errorMap, out mapped);

    // A key with a blank in it is a phrase, to be found anywhere in the message.
    private static bool TryMapPhrase(string? message, int status, IReadOnlyDictionary<string, FaultClass> errorMap, out FaultClass mapped)
    {
        mapped = default;
        if (message is not null)
        {
            foreach (var (phrase, _) in errorMap)
            {
                if (phrase.Contains(' ') && message.Contains(phrase, StringComparison.OrdinalIgnoreCase)
                    && TryMap(phrase, status, errorMap, out mapped))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
