namespace Busbar.Upstream.Identity.Azure;

/// <summary>Workload identity: a token that the cluster projects into a file stands for the application. It is read again each time.</summary>
internal sealed class WorkloadSource(AzureSettings settings, CredentialCalls calls, TimeProvider time) : ICredentialSource
{
    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        string? file = settings.Identity.TokenFile ?? settings.Variable("AZURE_FEDERATED_TOKEN_FILE");
        if (file is null || settings.TenantId is not { } tenant || settings.ClientId is not { } client)
        {
            return settings.Identity.TokenFile is null ? null : throw new IdentityException("the application's tenant_id or client_id is not known");
        }

        HttpRequestMessage request = TokenForm.Request(
            settings.TokenAddress(tenant),
            ("client_id", client),
            ("client_assertion_type", ApplicationSource.AssertionType),
            ("client_assertion", CredentialFile.ReadToken(file, "the federated token")),
            ("scope", settings.Scope),
            ("grant_type", "client_credentials"));
        string what = $"the application {client} gets no token for its workload";
        return TokenForm.Read(await calls.CallAsync(what, request, cancellation).ConfigureAwait(false), $"workload identity {client}", what, time);
    }
}
