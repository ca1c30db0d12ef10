using Busbar.Ir;
using Busbar.Ir.Streams;

namespace Busbar.Protocols.Translation.Response;

/// <summary>What a client of another protocol is told about a provider's error.</summary>
internal static class ErrorMapping
{
    private static readonly string[] OwnWords = ["busbar", "gateway", "pool", "lane", "upstream", "router", "breaker"];

    /// <summary>
    /// For an HTTP error that is relayed in another protocol: it is about what the client sent, so the provider's words go with it. The status stays.
    /// <paramref name="isClientCredential"/> says that the client's own credential was used: only then does a 401 or 403 mean the client.
    /// </summary>
    public static GatewayError Relay(int status, in ProviderError error, bool isClientCredential)
    {
        if (error.IsContextLength)
        {
            return Told(ErrorKind.ContextLength, error, status);
        }

        if (error.IsInvalidKey || status is 401 or 403)
        {
            return isClientCredential
                ? Told(status == 403 ? ErrorKind.Permission : ErrorKind.Authentication, error, status == 403 ? 403 : 401)
                : new(ErrorKind.Unavailable);
        }

        // A 304 has no body to put an error in.
        return status == 304 ? new(ErrorKind.BadGateway) : Told(ErrorStatus.KindOf(status), error, status);
    }

    /// <summary>
    /// For a refusal of what the request says, whatever its status: no client must take it for a refusal of its credential.
    /// </summary>
    public static GatewayError Refused(int status, in ProviderError error) =>
        Told(ErrorKind.InvalidRequest, error, status is 400 or 401 or 402 or 403 ? 400 : status);

    /// <summary>
    /// For an error inside a stream or a 200 body. An account's credential or money trouble is not the client's: it reads as a failure of the
    /// service, and the provider's words about the account stay hidden.
    /// </summary>
    public static GatewayError FromStream(StreamError error) => error.Class switch
    {
        FaultClass.RateLimit => InStream(ErrorKind.RateLimit, error.Error),
        FaultClass.Overloaded => InStream(ErrorKind.Overloaded, error.Error),
        FaultClass.Timeout => InStream(ErrorKind.Timeout, error.Error),
        FaultClass.ClientError or FaultClass.Content => InStream(ErrorKind.InvalidRequest, error.Error),
        FaultClass.ContextLength => InStream(ErrorKind.ContextLength, error.Error),
        FaultClass.Auth or FaultClass.Billing or FaultClass.Declined or FaultClass.Unaffordable or FaultClass.AuthUnavailable
            => new(ErrorKind.Unavailable),
        FaultClass.Network => Interrupted,
        _ => InStream(ErrorKind.Internal, error.Error),
    };

    /// <summary>For a stream that broke off: in the vendor's own words, by which clients know that they may try again.</summary>
    public static GatewayError Interrupted { get; } = new(ErrorKind.BadGateway);

    private static GatewayError Told(ErrorKind kind, in ProviderError error, int status)
        => new(kind, Said(error.Message), status, error.Param, error.SharedCode);

    private static GatewayError InStream(ErrorKind kind, in ProviderError error)
        => new(kind, Presentable(error.Message), Param: error.Param, Code: error.SharedCode);

    private static string? Said(string? message) => string.IsNullOrWhiteSpace(message) ? null : message;

    // A provider that sits behind proxies of its own may speak of its inner works; such words would read as this process's.
    private static string? Presentable(string? message)
    {
        foreach (string word in OwnWords)
        {
            if (message is not null && message.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return null;
            }
        }

        return Said(message);
    }
}
