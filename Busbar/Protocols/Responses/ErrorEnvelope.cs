using Busbar.Ir;
using Busbar.Wire;

namespace Busbar.Protocols.Responses;

/// <summary>The error object of the OpenAI APIs: <c>{"error":{"message","type","param","code"}}</c>.</summary>
internal static class ErrorEnvelope
{
    /// <summary>Writes the envelope of <paramref name="error"/>.</summary>
    public static void Write(in GatewayError error, JsonWriter output)
    {
        output.StartObject();
        output.StartObject("error"u8);
        output.String("message"u8, error.Message ?? Words(error.Kind));
        output.Literal("type"u8, Type(error));
        WriteNullable(output, "param"u8, error.Param);
        WriteNullable(output, "code"u8, error.Code ?? Code(error.Kind));
        output.EndObject();
        output.EndObject();
    }

    /// <summary>The usual words for <paramref name="kind"/>.</summary>
    public static string Words(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidRequest => "The request is invalid.",
        ErrorKind.Authentication => "Incorrect API key provided.",
        ErrorKind.Permission => "You do not have access to this resource.",
        ErrorKind.NotFound => "The requested resource does not exist or you do not have access to it.",
        ErrorKind.MethodNotAllowed => "The request method is not allowed on this endpoint.",
        ErrorKind.TooLarge => "The request body is too large.",
        ErrorKind.RateLimit => "Rate limit reached. Please try again later.",
        ErrorKind.Quota => "You exceeded your current quota, please check your plan and billing details.",
        ErrorKind.ContextLength => "Your input exceeds the context window of this model. Please adjust your input and try again.",
        ErrorKind.Overloaded => "The server is currently overloaded. Please try again later.",
        ErrorKind.Timeout => "The request timed out. Please try again later.",
        _ => "The server had an error while processing your request. Sorry about that!",
    };

    /// <summary>The code that clients know <paramref name="kind"/> by; null where the vendor sends none.</summary>
    public static string? Code(ErrorKind kind) => kind switch
    {
        ErrorKind.Authentication => "invalid_api_key",
        ErrorKind.NotFound => "model_not_found",
        ErrorKind.RateLimit => "rate_limit_exceeded",
        ErrorKind.Quota => "insufficient_quota",
        ErrorKind.ContextLength => "context_length_exceeded",
        _ => null,
    };

    private static ReadOnlySpan<byte> Type(in GatewayError error) => error.Kind switch
    {
        ErrorKind.Authentication => "authentication_error"u8,
        ErrorKind.Permission => "permission_error"u8,
        ErrorKind.RateLimit => "rate_limit_error"u8,
        ErrorKind.Quota => "insufficient_quota"u8,
        ErrorKind.Internal or ErrorKind.BadGateway or ErrorKind.Overloaded or ErrorKind.Timeout => "server_error"u8,
        _ => "invalid_request_error"u8,
    };

    private static void WriteNullable(JsonWriter output, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
        {
            output.Null(name);
        }
        else
        {
            output.String(name, value);
        }
    }
}
