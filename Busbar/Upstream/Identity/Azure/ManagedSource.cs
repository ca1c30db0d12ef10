namespace Busbar.Upstream.Identity.Azure;

/// <summary>
/// The managed identity of what the gateway runs on (learn.microsoft.com/entra/identity/managed-identities-azure-resources): App Service and
/// Container Apps, machines with Azure Arc, virtual machines.
/// </summary>
/// <param name="settings">Settings.</param>
/// <param name="calls">Calls.</param>
/// <param name="time">Clock.</param>
/// <param name="arcKeys">Where the agent of Azure Arc lays its keys.</param>
/// <param name="arcAgent">The agent, whose presence tells of Azure Arc.</param>
internal sealed class ManagedSource(
    AzureSettings settings,
    CredentialCalls calls,
    TimeProvider time,
    string arcKeys = "/var/opt/azcmagent/tokens",
    string arcAgent = "/opt/azcmagent/bin/himds") : ICredentialSource
{
    private const string AppService = "the managed identity of App Service";
    private const string Arc = "the managed identity of Azure Arc";
    private const string Machine = "the managed identity of the machine";
    private const int MaxKey = 4096;

    private bool _wasThere;

    /// <inheritdoc/>
    public ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        string? endpoint = settings.Variable("IDENTITY_ENDPOINT");
        if (endpoint is not null && settings.Variable("IDENTITY_HEADER") is { } header)
        {
            return AppServiceAsync(endpoint, header, cancellation);
        }

        bool isArc = (endpoint is not null && settings.Variable("IMDS_ENDPOINT") is not null) || File.Exists(arcAgent);
        return isArc ? ArcAsync(endpoint ?? "http://127.0.0.1:40342/metadata/identity/oauth2/token", cancellation) : MachineAsync(cancellation);
    }

    private async ValueTask<MintedCredential?> AppServiceAsync(string endpoint, string header, CancellationToken cancellation)
    {
        HttpRequestMessage request = Request(endpoint, "2019-08-01", settings.ClientId);
        request.Headers.TryAddWithoutValidation("X-IDENTITY-HEADER", header);
        CredentialReply reply = (await calls.AskAsync(AppService, request, isCertain: true, cancellation).ConfigureAwait(false))!;
        return AzureSettings.Read(reply, AppService, AppService, time);
    }

    // The first answer names a file that only those on the machine can read, and its content is the proof.
    private async ValueTask<MintedCredential?> ArcAsync(string endpoint, CancellationToken cancellation)
    {
        if (settings.Identity.ClientId is not null)
        {
            throw new IdentityException($"{Arc} has no client_id; leave it out");
        }

        HttpRequestMessage first = Request(endpoint, "2019-11-01", null);
        first.Headers.TryAddWithoutValidation("Metadata", "true");
        CredentialReply asked = (await calls.AskAsync(Arc, first, isCertain: true, cancellation).ConfigureAwait(false))!;
        string? file = asked.Status == 401 ? asked.Headers.WwwAuthenticate.FirstOrDefault()?.Parameter : null;
        file = file?.StartsWith("realm=", StringComparison.OrdinalIgnoreCase) == true ? file["realm=".Length..].Trim('"') : null;
        if (file is null || Path.GetDirectoryName(file) != arcKeys || Path.GetExtension(file) != ".key" || !File.Exists(file)
            || new FileInfo(file).Length > MaxKey)
        {
            throw new IdentityException($"{Arc}: its agent names no key of its own (HTTP {asked.Status})");
        }

        HttpRequestMessage second = Request(endpoint, "2019-11-01", null);
        second.Headers.TryAddWithoutValidation("Metadata", "true");
        second.Headers.TryAddWithoutValidation("Authorization", "Basic " + CredentialFile.ReadToken(file, "the key of Azure Arc's agent"));
        CredentialReply reply = (await calls.AskAsync(Arc, second, isCertain: true, cancellation).ConfigureAwait(false))!;
        return AzureSettings.Read(reply, Arc, Arc, time);
    }

    private async ValueTask<MintedCredential?> MachineAsync(CancellationToken cancellation)
    {
        string host = settings.Variable("AZURE_POD_IDENTITY_AUTHORITY_HOST") ?? "http://169.254.169.254";
        HttpRequestMessage request = Request(host.TrimEnd('/') + "/metadata/identity/oauth2/token", "2018-02-01", settings.ClientId);
        request.Headers.TryAddWithoutValidation("Metadata", "true");
        if (await calls.AskAsync(Machine, request, _wasThere, cancellation).ConfigureAwait(false) is not { } reply)
        {
            return null;
        }

        MintedCredential credential = AzureSettings.Read(reply, Machine, Machine, time);
        _wasThere = true;
        return credential;
    }

    private HttpRequestMessage Request(string endpoint, string version, string? client)
    {
        string query =
            $"?api-version={version}&resource" +
            $"={Uri.EscapeDataString(settings.Resource)}{(client is null ? "" : $"&client_id={Uri.EscapeDataString(client)}")}";
        return new HttpRequestMessage(HttpMethod.Get, TokenForm.Address(endpoint + query, "the address of the managed identity"));
    }
}
