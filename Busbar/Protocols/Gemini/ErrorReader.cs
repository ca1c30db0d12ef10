using System.Globalization;
using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>Lifts what an error body says: <c>{"error":{code,message,status,details}}</c>, alone or as the element of an array.</summary>
internal static class ErrorReader
{
    private const int MaxCode = 128;
    private const int MaxMessage = 4096;
    private const string InvalidKey = "API_KEY_INVALID";
    private const string TooLong = "context_length_exceeded";

    /// <summary>Reads an error body answered with <paramref name="status"/>. Never throws.</summary>
    public static ProviderError Read(int status, ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        return tape.TryParse(body) ? Lift(status, tape.Root.IsArray ? tape.Root[0] : tape.Root) : new(null, null, null);
    }

    /// <summary>
    /// Whether <paramref name="root"/>, which stands where an answer or a chunk is expected, is an error instead, in the vendor's form or a host's
    /// flat one.
    /// </summary>
    public static bool Is(JsonNode root) => root["candidates"u8].IsNull && root["usageMetadata"u8].IsNull && root["promptFeedback"u8].IsNull
        && OpenAI.ErrorReader.Is(root)
        || OpenAI.ErrorReader.HasError(root);

    /// <summary>Reads an object that holds <c>error</c>. A <paramref name="status"/> of 0 stands for the code it names.</summary>
    public static ProviderError Lift(int status, JsonNode root)
    {
        JsonNode error = root["error"u8];
        JsonNode fields = error.IsObject ? error : root;
        string? type = Bounded(fields["status"u8].Text, MaxCode);
        string? code = fields["code"u8].IsNumber ? fields["code"u8].Integer?.ToString(CultureInfo.InvariantCulture)
            : Bounded(fields["code"u8].Text, MaxCode) ?? type;
        string? message = ErrorWords.Of(error, MaxMessage) ?? ErrorWords.Of(root, MaxMessage);
        status = status == 0 ? (int)(fields["code"u8].Integer ?? 400) : status;
        bool isContext = status is 400 or 413 && SaysTooLong(message);

        // The only reliable sign of a bad key: the status is that of any malformed request.
        bool isKey = status is 400 or 403 && (code == InvalidKey || type == InvalidKey || HasReason(fields["details"u8])
            || (message?.Contains(InvalidKey, StringComparison.Ordinal) ?? false));
        return new(isContext ? TooLong : code, type, message, isContext, isKey, ErrorWords.Param(root["detail"u8]), RetryDelay(fields["details"u8])
            ?? WaitWords.Of(message));
    }

    /// <summary>What kind of failure an error inside a 200 stands for.</summary>
    public static FaultClass Classify(in ProviderError error)
    {
        if (error.IsInvalidKey)
        {
            return FaultClass.Auth;
        }

        if (error.IsContextLength)
        {
            return FaultClass.ContextLength;
        }

        return Known(error.Type) ?? Known(error.Code) ?? (error.Code is { Length: 3 } code && code[0] == '4' ? FaultClass.ClientError
            : FaultClass.ServerError);
    }

    private static FaultClass? Known(string? word) => word switch
    {
        "RESOURCE_EXHAUSTED" or "429" => FaultClass.RateLimit,
        "UNAVAILABLE" or "503" => FaultClass.Overloaded,
        "DEADLINE_EXCEEDED" or "504" => FaultClass.Timeout,
        "UNAUTHENTICATED" or "401" => FaultClass.Auth,
        "PERMISSION_DENIED" or "403" => FaultClass.Billing,
        "INVALID_ARGUMENT" or "FAILED_PRECONDITION" or "OUT_OF_RANGE" or "NOT_FOUND" or "ALREADY_EXISTS" or "UNIMPLEMENTED" => FaultClass.ClientError,
        "INTERNAL" or "UNKNOWN" or "DATA_LOSS" or "ABORTED" or "CANCELLED" => FaultClass.ServerError,
        _ => null,
    };

    // google.rpc.RetryInfo.
    private static string? RetryDelay(JsonNode details)
    {
        foreach (JsonNode detail in details.Items)
        {
            if (Bounded(detail["retryDelay"u8].Text, MaxCode) is { Length: > 0 } delay)
            {
                return delay;
            }
        }

        return null;
    }

    private static bool HasReason(JsonNode details)
    {
        foreach (JsonNode detail in details.Items)
        {
            if (detail["reason"u8].Text.Is("API_KEY_INVALID"u8))
            {
                return true;
            }
        }

        return false;
    }

    private static bool SaysTooLong(string? message) => message is not null
        && (Has(message, "input is longer than the maximum number of tokens")
            || (Has(message, "maximum-tokens") && Has(message, "requested"))
            || (Has(message, "token count") && Has(message, "exceed") && Has(message, "maximum"))
            || (Has(message, "exceeds the maximum") && (Has(message, "token") || Has(message, "context"))));

    private static bool Has(string text, string phrase) => text.Contains(phrase, StringComparison.OrdinalIgnoreCase);

    private static string? Bounded(JsonText text, int most)
    {
        string value = text.ToString();
        return text.IsAbsent ? null : value.Length <= most ? value : value[..most];
    }
}
