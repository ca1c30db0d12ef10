using System.Net;
using System.Net.Sockets;
using Busbar.Configuration;
using Busbar.Configuration.Binding.Sections;
using Busbar.Configuration.Guards;
using Busbar.Configuration.Model.Providers;
using Busbar.Upstream.Dial;

namespace Busbar.Upstream.Identity;

/// <summary>
/// Calls token and metadata services: connections of their own, which no address of a provider leads to. Every address is one that stands in this
/// folder, or that the operator named in a variable or a credential file.
/// </summary>
/// <param name="identity">Says which proxy leads to token services.</param>
/// <param name="environment">Says it where the identity does not.</param>
internal sealed class CredentialCalls(IdentityConfig identity, IEnvironment environment)
{
    // More than any answer has; what is longer comes from something else.
    private const int MaxBytes = 256 * 1024;

    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(10);

    // A metadata service that is there connects at once, and answers at least something within the two of these.
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LastSilence = TimeSpan.FromMilliseconds(400);

    /// <summary>
    /// Calls a token service: over TLS wherever it is, over <c>http://</c> in a private network only. Throws <see cref="IdentityException"/>.
    /// </summary>
    public async ValueTask<CredentialReply> CallAsync(string place, HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            return await SendAsync(place, request, NewTokenHandler(request.RequestUri!), cancellation).ConfigureAwait(false);
        }
        catch (Exception exception) when (IsFailure(exception, cancellation))
        {
            throw new IdentityException($"{place}: {Describe(exception)}", exception);
        }
    }

    /// <summary>
    /// Calls a metadata service, never through a proxy and never on the internet. Null when none is there, which is known within a second. Throws
    /// <see cref="IdentityException"/>.
    /// </summary>
    /// <param name="place">Its name, for operators.</param>
    /// <param name="request">What to ask.</param>
    /// <param name="isCertain">Whether something says that it must be there: then it is given time, and its absence is a failure.</param>
    /// <param name="cancellation">Ends the call.</param>
    public async ValueTask<CredentialReply?> AskAsync(string place, HttpRequestMessage request, bool isCertain, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Uri address = request.RequestUri!;
        Task<CredentialReply> call = SendAsync(place, request, NewMetadataHandler(), end.Token);
        try
        {
            if (!isCertain && await Task.WhenAny(call, Task.Delay(Silence, end.Token)).ConfigureAwait(false) != call
                && !await IsThereAsync(address, call, end.Token).ConfigureAwait(false))
            {
                await end.CancelAsync().ConfigureAwait(false);
                await call.ContinueWith(static task => task.Exception, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default)
                    .ConfigureAwait(false);
                return null;
            }

            return await call.ConfigureAwait(false);
        }
        catch (Exception exception) when (IsFailure(exception, cancellation))
        {
            return isCertain ? throw new IdentityException($"{place}: {Describe(exception)}", exception) : null;
        }
    }

    // Silent for long: whoever answers anything at all to another question is there, and may take its time.
    private static async Task<bool> IsThereAsync(Uri address, Task call, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(LastSilence);
        using var invoker = new HttpMessageInvoker(NewMetadataHandler());
        using var question = new HttpRequestMessage(HttpMethod.Get, new Uri(address.GetLeftPart(UriPartial.Authority) + "/"));
        Task<HttpResponseMessage> ping = invoker.SendAsync(question, limit.Token);
        try
        {
            if (await Task.WhenAny(ping, call).ConfigureAwait(false) == ping)
            {
                (await ping.ConfigureAwait(false)).Dispose();
            }
            else
            {
                await limit.CancelAsync().ConfigureAwait(false);
                (await ping.ConfigureAwait(false)).Dispose();
            }

            return true;
        }
        catch (Exception exception) when (IsFailure(exception, cancellation))
        {
            return call.IsCompleted;
        }
    }

    private static async Task<CredentialReply> SendAsync(string place, HttpRequestMessage request, SocketsHttpHandler handler,
        CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Longest);
        using var invoker = new HttpMessageInvoker(handler);
        using (request)
        {
            request.Headers.TryAddWithoutValidation("User-Agent", $"busbar/{ProductVersion.Text}");
            request.Headers.TryAddWithoutValidation("Accept", "*/*");
            using HttpResponseMessage response = await invoker.SendAsync(request, limit.Token).ConfigureAwait(false);
            Stream stream = await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false);
            await using var _ = stream.ConfigureAwait(false);
            byte[] body = new byte[MaxBytes + 1];
            int length = await stream.ReadAtLeastAsync(body, body.Length, throwOnEndOfStream: false, limit.Token).ConfigureAwait(false);
            return length > MaxBytes
                ? throw new IdentityException($"{place}: the answer is longer than {MaxBytes} bytes")
                : new CredentialReply(place, (int)response.StatusCode, response.Headers, body[..length]);
        }
    }

    private SocketsHttpHandler NewTokenHandler(Uri address)
    {
        ProxyConfig? proxy = identity.HasOwnProxy ? identity.Proxy : ProxyBinder.FromVariables(address, new ConfigReport(), "", environment);
        Func<IPAddress, bool> isBlocked = address.Scheme == Uri.UriSchemeHttps
            ? static target => AddressGuard.IsBlocked(target, allowPrivate: true)
            : AddressGuard.IsBlockedInClear;
        SocketsHttpHandler handler = VettedDial.NewHandler(isBlocked, "a token service is never at such an address", proxy);
        handler.ConnectTimeout = TimeSpan.FromSeconds(5);
        return handler;
    }

    private static SocketsHttpHandler NewMetadataHandler()
    {
        SocketsHttpHandler handler = VettedDial.NewHandler(
            static target => AddressGuard.Classify(target) == AddressKind.Public, "a metadata service is never on the internet");
        handler.ConnectTimeout = TimeSpan.FromMilliseconds(900);
        return handler;
    }

    private static bool IsFailure(Exception exception, CancellationToken cancellation) =>
        exception is HttpRequestException or SocketException or (IOException and not IdentityException)
        || (exception is OperationCanceledException && !cancellation.IsCancellationRequested);

    private static string Describe(Exception exception) => exception switch
    {
        _ when ProxyException.Behind(exception) is { } proxy => proxy.Reason,
        OperationCanceledException => "no answer in time",
        HttpRequestException { InnerException: AddressBlockedException } => "its address must not be called",
        HttpRequestException { InnerException: SocketException socket } => socket.SocketErrorCode.ToString(),
        HttpRequestException { HttpRequestError: not HttpRequestError.Unknown } http => http.HttpRequestError.ToString(),
        _ => exception.GetType().Name,
    };
}
