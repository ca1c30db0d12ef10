using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>Reads error bodies and the <c>error</c> event of streams.</summary>
internal static class ErrorReader
{
    private const int MaxCharacters = 2048;

    /// <summary>
    /// Lifts code, type and message; nulls where the body says nothing. Compatible hosts put integers in the code and the message at the top.
    /// </summary>
    public static ProviderError Read(int status, ReadOnlyMemory<byte> body)
    {
        using var tape = new JsonTape();
        if (!tape.TryParse(body))
        {
            return default;
        }

        ProviderError error = Read(tape.Root);
        return error with { IsContextLength = error.Code is null && status is (400 or 413) && IsContextLength(error.Message) };
    }

    /// <summary>
    /// Whether <paramref name="root"/>, which stands where a message or an event is expected, is an error, in the vendor's form or a host's flat one.
    /// </summary>
    public static bool Is(JsonNode root) =>
        root["type"u8].Text.Is("error"u8) || (root["type"u8].IsNull && !root["content"u8].IsArray && OpenAI.ErrorReader.Is(root));

    /// <summary>Reads the body of an <c>error</c> event.</summary>
    public static StreamError ReadStreamError(JsonNode root)
    {
        ProviderError error = Read(root);
        return new StreamError(ClassOf(error), error);
    }

    private static ProviderError Read(JsonNode root)
    {
        JsonNode error = root["error"u8];
        string? message = ErrorWords.Of(error, MaxCharacters) ?? ErrorWords.Of(root, MaxCharacters);
        string? code = Bounded(error["code"u8]) ?? Bounded(error["details"u8]["error_code"u8]);
        return new ProviderError(code, Bounded(error["type"u8]), message, Param: ErrorWords.Param(root["detail"u8]));
    }

    private static FaultClass ClassOf(in ProviderError error) => error.Type switch
    {
        "overloaded_error" => FaultClass.Overloaded,
        "rate_limit_error" => FaultClass.RateLimit,
        "api_error" => FaultClass.ServerError,
        "timeout_error" => FaultClass.Timeout,
        "authentication_error" or "permission_error" => FaultClass.Auth,
        "billing_error" => FaultClass.Billing,
        "invalid_request_error" when IsContextLength(error.Message) => FaultClass.ContextLength,
        "invalid_request_error" or "not_found_error" or "request_too_large" or "conflict_error" => FaultClass.ClientError,
        _ => FaultClass.ServerError,
    };

    private static bool IsContextLength(string? message) => message is not null
        && (Has(message, "prompt is too long") || (Has(message, "exceeds the maximum") && (Has(message, "token") || Has(message, "context"))));

    private static bool Has(string message, string phrase) => message.Contains(phrase, StringComparison.OrdinalIgnoreCase);

    private static string? Bounded(JsonNode node)
    {
        string? text = node.IsString ? node.Text.ToString() : node.IsNumber ? node.Raw.ToString() : null;
        return string.IsNullOrEmpty(text) ? null : text.Length <= MaxCharacters ? text : text[..MaxCharacters];
    }
}
