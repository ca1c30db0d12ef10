using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.OpenAI;

/// <summary>The error object <c>{"error":{message,type,param,code}}</c>.</summary>
internal static class ErrorEnvelope
{
    /// <summary>Writes the envelope as the next value. Inside a stream every fault of the serving side is a <c>server_error</c>.</summary>
    public static void Write(in GatewayError error, JsonWriter output, bool inStream)
    {
        output.StartObject();
        output.StartObject("error"u8);
        output.String("message"u8, error.Message ?? Message(error.Kind));
        output.Literal("type"u8, Type(error.Kind, inStream));
        WriteOrNull("param"u8, error.Param, output);
        WriteOrNull("code"u8, error.Code ?? Code(error), output);
        output.EndObject();
        output.EndObject();
    }

    /// <summary>The code that goes with the kind of <paramref name="error"/>; null where the vendor sends none.</summary>
    public static string? Code(in GatewayError error) => error.Kind switch
    {
        ErrorKind.Authentication => "invalid_api_key",
        ErrorKind.RateLimit => "rate_limit_exceeded",
        ErrorKind.Quota => "insufficient_quota",
        ErrorKind.ContextLength => "context_length_exceeded",

        // Unknown paths are 404 as well, and have no code.
        ErrorKind.NotFound when error.Message is null || error.Param == "model"
            || error.Message.Contains("model", StringComparison.Ordinal) => "model_not_found",
        _ => null,
    };

    /// <summary>The usual words for <paramref name="kind"/>.</summary>
    public static string Message(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidRequest => "Invalid request.",
        ErrorKind.Authentication => "Incorrect API key provided.",
        ErrorKind.Permission => "You are not allowed to access this resource.",
        ErrorKind.NotFound => "The model does not exist or you do not have access to it.",
        ErrorKind.MethodNotAllowed => "Not allowed to use this method on this URL.",
        ErrorKind.TooLarge => "The request body is too large.",
        ErrorKind.RateLimit => "Rate limit reached. Please try again later.",
        ErrorKind.Quota => "The usage limit of this API key has been reached.",
        ErrorKind.ContextLength => "This model's maximum context length was exceeded. Please reduce the length of the messages.",
        ErrorKind.Overloaded => "The server is currently overloaded. Please try again later.",
        ErrorKind.Unavailable => "The service is temporarily unavailable. Please try again later.",
        ErrorKind.Timeout => "The request timed out. Please try again later.",
        ErrorKind.BadGateway => "Internal server error: the response was interrupted. You can retry your request.",
        _ => "The server had an error while processing your request. Sorry about that!",
    };

    private static void WriteOrNull(ReadOnlySpan<byte> name, string? value, JsonWriter output)
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

    private static ReadOnlySpan<byte> Type(ErrorKind kind, bool inStream) => kind switch
    {
        ErrorKind.Authentication => "authentication_error"u8,
        ErrorKind.Permission => "permission_error"u8,
        ErrorKind.RateLimit => "rate_limit_error"u8,
        ErrorKind.Quota => "insufficient_quota"u8,
        ErrorKind.Overloaded or ErrorKind.Unavailable or ErrorKind.Timeout => "server_error"u8,
        ErrorKind.Internal or ErrorKind.BadGateway => inStream ? "server_error"u8 : "api_error"u8,
        _ => "invalid_request_error"u8,
    };
}
