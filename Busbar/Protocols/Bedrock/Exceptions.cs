using Busbar.Ir;

namespace Busbar.Protocols.Bedrock;

/// <summary>The exceptions of the service: names and statuses as in its model, bare in <c>__type</c>, lower camel case inside streams.</summary>
internal static class Exceptions
{
    /// <summary>Name in <c>__type</c> and <c>x-amzn-errortype</c>.</summary>
    public static string NameOf(in GatewayError error) => error.Kind switch
    {
        ErrorKind.Authentication or ErrorKind.Permission => "AccessDeniedException",
        ErrorKind.NotFound => "ResourceNotFoundException",
        ErrorKind.RateLimit => "ThrottlingException",
        ErrorKind.Quota => "ServiceQuotaExceededException",
        ErrorKind.Internal or ErrorKind.BadGateway => "InternalServerException",
        ErrorKind.Overloaded or ErrorKind.Unavailable => "ServiceUnavailableException",
        ErrorKind.Timeout => "ModelTimeoutException",
        _ => "ValidationException",
    };

    /// <summary>
    /// HTTP status; clients decide by it together with the name whether to retry, so a foreign one is not taken over where the name has its own.
    /// </summary>
    public static int StatusOf(in GatewayError error) => error.Kind switch
    {
        ErrorKind.Authentication or ErrorKind.Permission => 403,
        ErrorKind.NotFound => 404,
        ErrorKind.RateLimit => 429,
        ErrorKind.Quota => 400,
        ErrorKind.Overloaded or ErrorKind.Unavailable => 503,
        ErrorKind.Timeout => 408,
        _ => error.Status != 0 ? error.Status : ErrorStatus.Usual(error.Kind),
    };

    /// <summary>The message, or the service's usual one.</summary>
    public static string MessageOf(in GatewayError error) => string.IsNullOrEmpty(error.Message) ? UsualMessage(error.Kind) : error.Message;

    /// <summary>Name inside a stream; its union has five members, which clients look up by these exact names.</summary>
    public static ReadOnlySpan<byte> StreamNameOf(ErrorKind kind) => kind switch
    {
        ErrorKind.RateLimit or ErrorKind.Quota => "throttlingException"u8,
        ErrorKind.Overloaded or ErrorKind.Unavailable => "serviceUnavailableException"u8,
        ErrorKind.Timeout => "modelStreamErrorException"u8,
        ErrorKind.Internal or ErrorKind.BadGateway => "internalServerException"u8,
        _ => "validationException"u8,
    };

    /// <summary>What an exception inside a stream stands for.</summary>
    /// <param name="name">Its bare name in any casing of the first letter.</param>
    /// <param name="originalStatus">Status the model answered with, where a model error tells it.</param>
    /// <param name="isContextLength">The message says that the input is too long.</param>
    public static FaultClass ClassOf(ReadOnlySpan<byte> name, long? originalStatus, bool isContextLength) => name switch
    {
        _ when Is(name, "hrottlingException"u8) => FaultClass.RateLimit,
        _ when Is(name, "alidationException"u8) => isContextLength ? FaultClass.ContextLength : FaultClass.ClientError,
        _ when Is(name, "erviceUnavailableException"u8) || Is(name, "odelNotReadyException"u8) => FaultClass.Overloaded,
        _ when Is(name, "odelTimeoutException"u8) => FaultClass.Timeout,
        _ when Is(name, "ccessDeniedException"u8) || Is(name, "nrecognizedClientException"u8)
            || Is(name, "xpiredTokenException"u8) => FaultClass.Auth,
        _ when Is(name, "erviceQuotaExceededException"u8) => FaultClass.Billing,
        _ when Is(name, "esourceNotFoundException"u8) => FaultClass.ClientError,
        _ => originalStatus switch
        {
            408 or 504 => FaultClass.Timeout,
            429 => FaultClass.RateLimit,
            503 or 529 => FaultClass.Overloaded,
            _ => FaultClass.ServerError,
        },
    };

    private static bool Is(ReadOnlySpan<byte> name, ReadOnlySpan<byte> withoutFirstLetter) => name.Length > 0
        && name[1..].SequenceEqual(withoutFirstLetter);

    private static string UsualMessage(ErrorKind kind) => kind switch
    {
        ErrorKind.Authentication => "The security token included in the request is invalid.",
        ErrorKind.Permission => "You don't have access to the model with the specified model ID.",
        ErrorKind.NotFound => "The provided model identifier is invalid.",
        ErrorKind.MethodNotAllowed => "The specified method is not allowed against this resource.",
        ErrorKind.TooLarge => "The request body is too large.",
        ErrorKind.RateLimit => "Too many requests, please wait before trying again.",
        ErrorKind.Quota => "The usage limit of this API key has been reached.",
        ErrorKind.ContextLength => "Input is too long for requested model.",
        ErrorKind.Overloaded => "Bedrock is unable to process your request.",
        ErrorKind.Unavailable => "The service is temporarily unavailable. Please try again later.",
        ErrorKind.Timeout => "The request took too long to process. Processing time exceeded the model timeout length.",
        ErrorKind.Internal or ErrorKind.BadGateway => "The system encountered an unexpected error during processing. Try your request again.",
        _ => "The provided request is not valid.",
    };
}
