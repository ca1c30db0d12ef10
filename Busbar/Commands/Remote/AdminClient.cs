using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Busbar.Configuration;
using Busbar.Configuration.Guards;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Commands.Remote;

/// <summary>Calls the admin API of a running gateway. What goes wrong is one line on standard error that says what to do.</summary>
internal sealed class AdminClient : IDisposable
{
    /// <summary>Variable with the admin token, or the read-only one.</summary>
    public const string TokenVariable = "BUSBAR_ADMIN_TOKEN";

    /// <summary>Variable with the address.</summary>
    public const string UrlVariable = "BUSBAR_ADMIN_URL";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly HttpClient _client;
    private readonly Uri _address;
    private readonly AdminPlace _place;
    private readonly TextWriter _error;

    private AdminClient(Uri address, AdminPlace place, TextWriter error)
    {
        (_address, _place, _error) = (address, place, error);

        // A token that goes where the operator did not send it is a leak: neither redirects nor proxies of the environment.
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false, UseCookies = false };
        if (place.Socket is { } socket)
        {
            handler.ConnectCallback = (_, cancellation) => ConnectAsync(socket, cancellation);
        }

        _client = new HttpClient(handler) { Timeout = Patience };
    }

    // For messages.
    private string Where => _place.Socket ?? _address.GetLeftPart(UriPartial.Authority);

    /// <summary>A client as <see cref="AdminPlace"/> says; null after a line on <paramref name="error"/>.</summary>
    public static AdminClient? Open(AdminArguments arguments, IEnvironment environment, TextWriter error)
    {
        var place = AdminPlace.Find(arguments, environment);
        if (!Uri.TryCreate(place.Url, UriKind.Absolute, out Uri? address) || address.Scheme is not ("http" or "https") || address.UserInfo.Length > 0)
        {
            error.WriteLine($"busbar: the address of the admin API must look like {AdminPlace.DefaultUrl}; give it with --url or {UrlVariable}");
            return null;
        }

        if (place.Socket is not null)
        {
            return new AdminClient(address, place, error);
        }

        if (place.Token is not { } token || token.Reveal().AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            error.WriteLine(
                $"busbar: set {TokenVariable} to the value of governance.admin_token, or name the configuration with --config " +
                $"or {ConfigSources.ConfigVariable}");
            return null;
        }

        if (address.Scheme == "http" && !address.IsLoopback)
        {
            error.WriteLine($"busbar: warning: the token goes to {address.Host} in plain text");
        }

        return new AdminClient(address, place, error);
    }

    /// <summary>The answer to a call, as text; null after a line on standard error. <paramref name="path"/> may have a query.</summary>
    public async Task<byte[]?> CallAsync(HttpMethod method, string path, PooledBuffer? body = null)
    {
        using var request = new HttpRequestMessage(method, new Uri(_address, path));
        if (_place is { Socket: null, Token: { } token })
        {
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token.Reveal());
        }

        if (body is not null)
        {
            request.Content = new ReadOnlyMemoryContent(body.Memory);
            request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        }

        try
        {
            using HttpResponseMessage response = await _client.SendAsync(request).ConfigureAwait(false);
            byte[] answer = await response.Content.ReadAsByteArrayAsync().ConfigureAwait(false);
            if (response.IsSuccessStatusCode)
            {
                return answer;
            }

            _error.WriteLine($"busbar: {Explain((int)response.StatusCode, answer)}");
        }
        catch (HttpRequestException exception)
        {
            _error.WriteLine(exception.InnerException switch
            {
                SocketException { SocketErrorCode: SocketError.AccessDenied } =>
                    $"busbar: {Where} belongs to another user; call it as that user or as root",
                SocketException when _place.Doubt is { } doubt => $"busbar: nothing answers at {Where}; is the gateway running? {doubt}",
                SocketException when _place.Socket is not null =>
                    $"busbar: nothing answers at {Where}; is the gateway running? It opens the socket that control_socket names, or one in the " +
                        "unit's RuntimeDirectory=. "
                    + $"Another path goes into --socket; with governance on, set {TokenVariable} or name the configuration with --config " +
                        $"or {ConfigSources.ConfigVariable}",
                SocketException => $"busbar: nothing answers at {Where}; is the gateway running? Another address goes into --url or {UrlVariable}",
                _ => $"busbar: the call of {Where} failed: {exception.Message}",
            });
        }
        catch (TaskCanceledException)
        {
            _error.WriteLine($"busbar: no answer from {Where} in {Patience.TotalSeconds:0} s");
        }

        return null;
    }

    /// <inheritdoc/>
    public void Dispose() => _client.Dispose();

    private static async ValueTask<Stream> ConnectAsync(string path, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private string Explain(int status, byte[] answer)
    {
        using var tape = new JsonTape();
        string? message = tape.TryParse(answer) && tape.Root["error"u8]["message"u8] is { IsString: true } text
            ? TextTable.Clean(text.Text.ToString()) : null;
        return (status, message) switch
        {
            (_, null) => $"{Where} answers {status}, but not like an admin API; where governance.admin_listen is set, use that address",
            (401, _) => $"the token is wrong, or governance is off there; {TokenVariable} must be the value of governance.admin_token",
            _ => message,
        };
    }
}
