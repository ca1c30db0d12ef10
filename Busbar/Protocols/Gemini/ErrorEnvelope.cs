using Busbar.Ir;
using Busbar.Wire.Json;

namespace Busbar.Protocols.Gemini;

/// <summary>The error object <c>{"error":{code,message,status}}</c>, whose code is the HTTP status and whose status is the name of it.</summary>
internal static class ErrorEnvelope
{
    private const string KeyMessage = "API key not valid. Please pass a valid API key.";

    /// <summary>The HTTP status of <paramref name="error"/>: a bad key is a malformed request here.</summary>
    public static int StatusOf(in GatewayError error) =>
        error.Status != 0 ? error.Status : error.Kind == ErrorKind.Authentication ? 400 : ErrorStatus.Usual(error.Kind);

    /// <summary>Writes the envelope as the next value.</summary>
    public static void Write(in GatewayError error, JsonWriter output) => Write(error, StatusOf(error), output);

    /// <summary>Writes the envelope as the next value, in the middle of a stream: what broke off is an internal error of the service.</summary>
    public static void WriteInStream(in GatewayError error, JsonWriter output) =>
        Write(error, error.Kind == ErrorKind.BadGateway ? 500 : Math.Clamp(StatusOf(error), 400, 599), output);

    private static void Write(in GatewayError error, int status, JsonWriter output)
    {
        bool isKey = error.Kind == ErrorKind.Authentication && status == 400;
        output.StartObject();
        output.StartObject("error"u8);
        output.Number("code"u8, status);
        output.String("message"u8, error.Message ?? Message(error));
        output.Literal("status"u8, Name(status));
        if (isKey)
        {
            output.Raw("details"u8, """
                [{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID","domain":"googleapis.com","metadata":{"service":"generativelanguage.googleapis.com"}}]
                """u8);
        }

        output.EndObject();
        output.EndObject();
    }

    private static ReadOnlySpan<byte> Name(int status) => status switch
    {
        401 => "UNAUTHENTICATED"u8,
        403 => "PERMISSION_DENIED"u8,
        404 => "NOT_FOUND"u8,
        409 => "ABORTED"u8,
        429 => "RESOURCE_EXHAUSTED"u8,
        499 => "CANCELLED"u8,
        501 => "UNIMPLEMENTED"u8,
        503 => "UNAVAILABLE"u8,
        504 => "DEADLINE_EXCEEDED"u8,
        >= 500 => "INTERNAL"u8,
        _ => "INVALID_ARGUMENT"u8,
    };

    private static string Message(in GatewayError error) => error.Kind switch
    {
        ErrorKind.Authentication => KeyMessage,
        ErrorKind.Permission => "The caller does not have permission",
        ErrorKind.NotFound => "The model is not found for API version v1beta, or is not supported for generateContent. "
            + "Call ListModels to see the list of available models and their supported methods.",
        ErrorKind.MethodNotAllowed => "Method not allowed.",
        ErrorKind.TooLarge => "Request payload size exceeds the limit.",
        ErrorKind.RateLimit => "Resource has been exhausted (e.g. check quota).",
        ErrorKind.Quota => "The usage limit of this API key has been reached.",
        ErrorKind.ContextLength => "The input token count exceeds the maximum number of tokens allowed.",
        ErrorKind.Overloaded => "The model is overloaded. Please try again later.",
        ErrorKind.Unavailable => "The service is temporarily unavailable. Please try again later.",
        ErrorKind.Timeout => "The request timed out. Please try again.",
        ErrorKind.InvalidRequest => "Request contains an invalid argument.",
        _ => "An internal error has occurred. Please retry.",
    };
}
