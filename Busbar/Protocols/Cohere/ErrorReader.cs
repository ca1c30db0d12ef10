using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Cohere;

/// <summary>
/// Lifts what an error body says: <c>message</c>, and in some answers <c>error_type</c>. The message is also the code, as there is no other.
/// </summary>
internal static class ErrorReader
{
    private const int MaxType = 128;
    private const int MaxMessage = 2048;

    /// <summary>Reads an error body answered with <paramref name="status"/>. Never throws.</summary>
    public static ProviderError Read(int status, ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        return tape.TryParse(body) ? Lift(status, tape.Root, tape.Root["error_type"u8]) : default;
    }

    /// <summary>Reads a failure reported inside a 200: <paramref name="message"/> and <paramref name="type"/> as the answer names them.</summary>
    public static StreamError ReadInside(JsonNode message, JsonNode type, StopReason reason, bool isTimeout)
    {
        ProviderError error = Lift(400, message, type);
        return new(isTimeout ? FaultClass.Timeout : Classify(error, reason), error);
    }

    private static ProviderError Lift(int status, JsonNode messageNode, JsonNode typeNode)
    {
        string? message = ErrorWords.Of(messageNode, MaxMessage);
        string? type = Bounded(typeNode.Text, MaxType);
        bool isContext = status is 400 or 413 && (type == "TOO_MANY_TOKENS" || SaysTooLong(message));
        return new(message, type, message, isContext, status is not (401 or 403) && message is not null && Has(message, "invalid api token"));
    }

    private static FaultClass Classify(in ProviderError error, StopReason reason)
    {
        if (error.IsContextLength)
        {
            return FaultClass.ContextLength;
        }

        if (error.IsInvalidKey)
        {
            return FaultClass.Auth;
        }

        // The vendor blames the request: its tool definitions led the model astray.
        if (error.Type == "INVALID_TOOL_GENERATION")
        {
            return FaultClass.ClientError;
        }

        string words = error.Type + " " + error.Message;
        return Has(words, "rate limit") || Has(words, "RATE_LIMIT") || Has(words, "too many requests") ? FaultClass.RateLimit
            : Has(words, "overloaded") || Has(words, "unavailable") ? FaultClass.Overloaded
            : Has(words, "timeout") || Has(words, "timed out") ? FaultClass.Timeout
            : reason == StopReason.None && Has(words, "invalid request") ? FaultClass.ClientError
            : FaultClass.ServerError;
    }

    private static bool SaysTooLong(string? message) => message is not null
        && (Has(message, "too many tokens")
            || Has(message, "token limit")
            || (Has(message, "too long") && (Has(message, "token") || Has(message, "context") || Has(message, "input")))
            || (Has(message, "exceeds") && Has(message, "context"))
            || (Has(message, "maximum") && Has(message, "token")));

    private static bool Has(string text, string phrase) => text.Contains(phrase, StringComparison.OrdinalIgnoreCase);

    private static string? Bounded(JsonText text, int most)
    {
        string value = text.ToString();
        return value.Length == 0 ? null : value.Length <= most ? value : value[..most];
    }
}
