using Busbar.Ir;

namespace Busbar.Protocols.Cohere;

/// <summary>The words of errors: all this protocol has, as its envelope knows no types or codes.</summary>
internal static class ErrorText
{
    /// <summary>The error's own message, or the vendor's usual words for its kind.</summary>
    public static string Of(in GatewayError error) => string.IsNullOrEmpty(error.Message) ? Usual(error.Kind) : error.Message;

    private static string Usual(ErrorKind kind) => kind switch
    {
        ErrorKind.InvalidRequest => "invalid request",
        ErrorKind.Authentication => "invalid api token",
        ErrorKind.Permission => "you are not allowed to use this resource",
        ErrorKind.NotFound => "model not found, make sure the correct model ID was used and that you have access to the model.",
        ErrorKind.MethodNotAllowed => "method not allowed",
        ErrorKind.TooLarge => "the request body is too large",
        ErrorKind.RateLimit => "you are being rate limited, please wait and try again later",
        ErrorKind.Quota => "you have reached the usage limit of your API key",
        ErrorKind.ContextLength => "too many tokens: the request exceeds the limit for this model. Try using shorter or fewer inputs.",
        ErrorKind.Overloaded => "the service is currently overloaded, please try again later",
        ErrorKind.Unavailable => "the service is temporarily unavailable, please try again later",
        ErrorKind.Timeout => "the request timed out, please try again later",
        ErrorKind.BadGateway => "internal server error: the response was interrupted, please try again later",
        _ => "internal server error",
    };
}
