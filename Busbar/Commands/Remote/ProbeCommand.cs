using System.Net.Security;
using Busbar.Configuration;

namespace Busbar.Commands.Remote;

/// <summary><c>--probe</c>: asks a running gateway whether it can serve, for containers that have no shell and no other program.</summary>
internal static class ProbeCommand
{
    private const string HealthPath = "/healthz";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Asks, and prints the answer.</summary>
    /// <param name="url">Where; without a path it is <c>/healthz</c>. Null for the address that the configuration listens at.</param>
    /// <param name="sources">The configuration.</param>
    /// <param name="environment">For variables.</param>
    /// <param name="output">Takes the answer.</param>
    /// <param name="error">Takes what is wrong.</param>
    /// <returns>0 for an answer of success, 1 for any other or none, 2 for what is no address.</returns>
    public static async Task<int> RunAsync(string? url, ConfigSources sources, IEnvironment environment, TextWriter output, TextWriter error)
    {
        string asked = url ?? (ConfigLoader.Load(sources, environment).Config is { } config
            ? AdminPlace.Reachable(config.Listen, config.Tls is not null) : null) ?? AdminPlace.DefaultUrl;
        if (!Uri.TryCreate(asked, UriKind.Absolute, out Uri? address)
            || (address.Scheme != Uri.UriSchemeHttp && address.Scheme != Uri.UriSchemeHttps))
        {
            error.WriteLine($"busbar --probe: '{asked}' is not an address such as {AdminPlace.DefaultUrl}{HealthPath}");
            return 2;
        }

        if (address.PathAndQuery == "/")
        {
            address = new Uri(address, HealthPath);
        }

        // The certificate is for the name that clients use; here the question is whether anybody answers.
        using var handler = new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, SslOptions =
            new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, _, _, _) => address.IsLoopback || url is null } };
        using var client = new HttpClient(handler) { Timeout = Patience, MaxResponseContentBufferSize = 64 * 1024 };
        try
        {
            using HttpResponseMessage answer = await client.GetAsync(address).ConfigureAwait(false);
            output.WriteLine($"{(int)answer.StatusCode} {TextTable.Clean((await answer.Content.ReadAsStringAsync().ConfigureAwait(false)).Trim())}");
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception problem) when (problem is HttpRequestException or OperationCanceledException)
        {
            error.WriteLine(
                "busbar --probe: no answer " +
                $"from {address}: {(problem is HttpRequestException ? problem.Message : $"nothing within {Patience.TotalSeconds:0} s")}");
            return 1;
        }
    }
}
