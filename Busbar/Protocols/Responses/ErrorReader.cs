using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Responses;

/// <summary>Reads error objects, from HTTP error bodies and from streams.</summary>
internal static class ErrorReader
{
    private const int MaxText = 2048;

    /// <summary>Lifts what an HTTP error body says.</summary>
    public static ProviderError Read(int status, ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(body))
        {
            return default;
        }

        JsonNode error = tape.Root["error"u8];
        return error.IsObject
            ? Lift(error, status is 400 or 413)
            : Lift(tape.Root, status is 400 or 413) with { Message = Bounded(error) ?? Bounded(tape.Root["message"u8]) };
    }

    /// <summary>Lifts an error that arrived inside a 200 answer, and says what kind of failure it is.</summary>
    public static StreamError ReadInBand(JsonNode error)
    {
        ProviderError lifted = Lift(error, contextPossible: true);
        return new StreamError(lifted.IsContextLength ? FaultClass.ContextLength : Classify(lifted.Code ?? lifted.Type), lifted);
    }

    private static ProviderError Lift(JsonNode error, bool contextPossible)
    {
        string? code = Bounded(error["code"u8]);
        string? message = Bounded(error["message"u8]);
        bool isContextLength = contextPossible
            && (code is "context_length_exceeded" or "string_above_max_length" || (message is not null && SpeaksOfContext(message)));
        return new ProviderError(code, Bounded(error["type"u8]), message, isContextLength, IsInvalidKey: code == "invalid_api_key");
    }

    // Phrases of the vendor and of servers compatible with it.
    private static bool SpeaksOfContext(string message) =>
        Contains(message, "maximum context length")
        || Contains(message, "context length exceeded")
        || Contains(message, "reduce the length")
        || (Contains(message, "exceeds") && (Contains(message, "context") || Contains(message, "token limit")));

    private static bool Contains(string message, string phrase) => message.Contains(phrase, StringComparison.OrdinalIgnoreCase);

    private static FaultClass Classify(string? code) => code switch
    {
        "invalid_api_key" or "authentication_error" => FaultClass.Auth,
        "rate_limit_exceeded" or "rate_limit_error" or "insufficient_quota" => FaultClass.RateLimit,
        "server_is_overloaded" or "slow_down" or "overloaded_error" => FaultClass.Overloaded,
        "timeout" or "vector_store_timeout" => FaultClass.Timeout,
        "bio_policy" or "cyber_policy" or "misalignment_policy_violation" or "data_residency_mismatch" => FaultClass.ClientError,
        _ when code is not null && (code.StartsWith("invalid_", StringComparison.Ordinal) || code.Contains("image", StringComparison.Ordinal)) =>
            FaultClass.ClientError,
        _ => FaultClass.ServerError,
    };

    private static string? Bounded(JsonNode node)
    {
        string? text = node.IsString ? node.Text.ToString() : node.IsNumber ? node.Raw.ToString() : null;
        return text is { Length: > MaxText } ? text[..MaxText] : text;
    }
}
