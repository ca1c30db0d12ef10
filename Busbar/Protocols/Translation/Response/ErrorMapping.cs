using Busbar.Ir;

namespace Busbar.Protocols.Translation.Response;

/// <summary>What a client of another dialect is told about a provider's error.</summary>
internal static class ErrorMapping
{
    private static readonly string[] OwnWords = ["busbar", "gateway", "pool", "lane", "upstream", "router", "breaker"];

    /// <summary>
    /// For an HTTP error that is relayed in another dialect: it is about what the client sent, so the provider's words go with it. The status stays. <paramref name="isClientCredential"/> says that the client's own
    /// credential was used: only then does a 401 or 403 mean the client.
    /// </summary>
    public static GatewayError Relay(int status, in ProviderError error, bool isClientCredential)
    {
        if (error.IsContextLength)
        {
            return new(ErrorKind.ContextLength, Said(error.Message), status);
        }

        if (error.IsInvalidKey || status is 401 or 403)
        {
            return isClientCredential
                ? new(status == 403 ? ErrorKind.Permission : ErrorKind.Authentication, Said(error.Message), status == 403 ? 403 : 401)
                : new(ErrorKind.Unavailable);
        }

        // A 304 has no body to put an error in.
        return status == 304 ? new(ErrorKind.BadGateway) : new(ErrorStatus.KindOf(status), Said(error.Message), status);
    }

    /// <summary>
    /// For a refusal of what the request says, whatever its status: no client must take it for a refusal of its credential.
    /// </summary>
    public static GatewayError Refused(int status, in ProviderError error) =>
        new(ErrorKind.InvalidRequest, Said(error.Message), status is 400 or 401 or 402 or 403 ? 400 : status);

    /// <summary>
    /// For an error inside a stream or a 200 body. An account's credential or money trouble is not the client's: it reads as a failure of the service, and the
    /// provider's words about the account stay hidden.
    /// </summary>
    public static GatewayError FromStream(StreamError error) => error.Class switch
    {
        FaultClass.RateLimit => new(ErrorKind.RateLimit, Presentable(error.Error.Message)),
        FaultClass.Overloaded => new(ErrorKind.Overloaded, Presentable(error.Error.Message)),
        FaultClass.Timeout => new(ErrorKind.Timeout, Presentable(error.Error.Message)),
        FaultClass.ClientError or FaultClass.Content => new(ErrorKind.InvalidRequest, Presentable(error.Error.Message)),
        FaultClass.ContextLength => new(ErrorKind.ContextLength, Presentable(error.Error.Message)),
        FaultClass.Auth or FaultClass.Billing or FaultClass.Declined or FaultClass.Unaffordable => new(ErrorKind.Unavailable),
        FaultClass.Network => Interrupted,
        _ => new(ErrorKind.Internal, Presentable(error.Error.Message)),
    };

    /// <summary>For a stream that broke off: in the vendor's own words, by which clients know that they may try again.</summary>
    public static GatewayError Interrupted { get; } = new(ErrorKind.BadGateway);

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
