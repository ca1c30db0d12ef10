namespace Busbar.Upstream.Identity.Aws;

/// <summary>A token of another issuer in a file, such as Kubernetes projects for a service account: read again each time.</summary>
/// <param name="settings">Settings.</param>
/// <param name="tokens">The token service.</param>
/// <param name="role">The role; null for that of the environment.</param>
internal sealed class WebIdentitySource(AwsSettings settings, StsCalls tokens, string? role = null) : ICredentialSource
{
    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        string? file = settings.Identity.TokenFile ?? settings.Variable("AWS_WEB_IDENTITY_TOKEN_FILE");
        string? arn = role ?? settings.Variable("AWS_ROLE_ARN");
        if (file is null || arn is null)
        {
            return null;
        }

        string token = CredentialFile.ReadToken(file, "the web identity token");
        RoleRequest request = role is null
            ? new RoleRequest(arn, settings.Variable("AWS_ROLE_SESSION_NAME") ?? settings.SessionName)
            : RoleSource.RequestOf(settings, arn);
        return await tokens.AssumeAsync(request, token, cancellation).ConfigureAwait(false);
    }
}
