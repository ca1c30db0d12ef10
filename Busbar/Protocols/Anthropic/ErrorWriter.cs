using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Anthropic;

/// <summary>Writes <c>{"type":"error","error":{"type","message"},"request_id"}</c>.</summary>
internal static class ErrorWriter
{
    /// <summary>Writes the envelope of an answer.</summary>
    public static void Write(in GatewayError error, int status, string? requestId, JsonWriter output) =>
        Write(TypeOf(error.Kind, status), error.Kind, error.Message, requestId, output);

    /// <summary>
    /// Writes the envelope of a stream event. What broke off is an overload to the vendor, the only error in a stream after which clients try again.
    /// </summary>
    public static void WriteInStream(in GatewayError error, JsonWriter output)
    {
        ErrorKind kind = error.Kind is ErrorKind.BadGateway or ErrorKind.Timeout ? ErrorKind.Overloaded : error.Kind;
        Write(TypeOf(kind, AnthropicProtocol.Instance.StatusOf(error with { Kind = kind })), kind, error.Message, null, output);
    }

    private static void Write(ReadOnlySpan<byte> type, ErrorKind kind, string? message, string? requestId, JsonWriter output)
    {
        output.StartObject();
        output.Literal("type"u8, "error"u8);
        output.StartObject("error"u8);
        output.Literal("type"u8, type);
        output.String("message"u8, string.IsNullOrEmpty(message) ? UsualMessage(kind) : message);
        output.EndObject();
        if (requestId is not null)
        {
            output.String("request_id"u8, requestId);
        }

        output.EndObject();
    }

    private static ReadOnlySpan<byte> TypeOf(ErrorKind kind, int status) => status switch
    {
        402 => "billing_error"u8,
        409 => "conflict_error"u8,
        503 or 529 when kind != ErrorKind.Unavailable => "overloaded_error"u8,
        _ => kind switch
        {
            ErrorKind.Authentication => "authentication_error"u8,
            ErrorKind.Permission => "permission_error"u8,
            ErrorKind.NotFound => "not_found_error"u8,
            ErrorKind.TooLarge => "request_too_large"u8,
            ErrorKind.RateLimit or ErrorKind.Quota => "rate_limit_error"u8,
            ErrorKind.Overloaded => "overloaded_error"u8,
            ErrorKind.Timeout => "timeout_error"u8,
            ErrorKind.Internal or ErrorKind.BadGateway or ErrorKind.Unavailable => "api_error"u8,
            _ => "invalid_request_error"u8,
        },
    };

    private static string UsualMessage(ErrorKind kind) => kind switch
    {
        ErrorKind.Authentication => "invalid x-api-key",
        ErrorKind.Permission => "Your API key does not have permission to use the specified resource.",
        ErrorKind.NotFound => "Not found",
        ErrorKind.MethodNotAllowed => "Method Not Allowed",
        ErrorKind.TooLarge => "Request exceeds the maximum size",
        ErrorKind.RateLimit => "Number of requests has exceeded your rate limit. Please try again later.",
        ErrorKind.Quota => "The usage limit of this API key has been reached.",
        ErrorKind.ContextLength => "prompt is too long",
        ErrorKind.Overloaded => "Overloaded",
        ErrorKind.Unavailable => "The service is temporarily unavailable. Please try again later.",
        ErrorKind.Timeout => "Request timed out.",
        ErrorKind.Internal or ErrorKind.BadGateway => "Internal server error",
        _ => "Invalid request",
    };
}
