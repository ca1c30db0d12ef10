using Busbar.Upstream.Credentials;

namespace Busbar.Upstream.Identity.Aws;

/// <summary>
/// A profile of the shared files: a role with a source, lasting keys, a web identity token, or a session of IAM Identity Center. Programs that print
/// credentials are not run.
/// </summary>
internal sealed class ProfileSource(
    AwsSettings settings, StsCalls tokens, SsoCalls sso, ICredentialSource variables, ICredentialSource container, ICredentialSource instance)
        : ICredentialSource
{
    private const int MaxSteps = 8;

    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        AwsProfiles profiles = settings.Profiles();
        string name = settings.ChosenProfile ?? "default";
        if (profiles.Profile(name) is null)
        {
            return settings.ChosenProfile is null ? null : throw new IdentityException($"there is no profile {name} in the shared files");
        }

        return await MintAsync(profiles, name, [], cancellation).ConfigureAwait(false);
    }

    private async ValueTask<MintedCredential?> MintAsync(AwsProfiles profiles, string name, List<string> seen, CancellationToken cancellation)
    {
        Dictionary<string, string> profile = profiles.Profile(name) ?? throw new IdentityException($"there is no profile {name} in the shared files");
        AwsCredential? keys = AwsCredential.Of(
            profile.GetValueOrDefault("aws_access_key_id"), profile.GetValueOrDefault("aws_secret_access_key"),
            profile.GetValueOrDefault("aws_session_token"));

        // A profile that names itself as its source has keys for its role.
        bool isAgain = seen.Contains(name);
        seen.Add(name);
        if (seen.Count > MaxSteps || (isAgain && keys is null))
        {
            throw new IdentityException($"profile {name}: its source_profile leads in a circle");
        }

        if (!isAgain && profile.TryGetValue("role_arn", out string? role))
        {
            if (profile.TryGetValue("web_identity_token_file", out string? file))
            {
                return await tokens.AssumeAsync(RequestOf(profile, role), CredentialFile.ReadToken(file, "the web identity token"), cancellation)
                    .ConfigureAwait(false);
            }

            if (profile.ContainsKey("mfa_serial"))
            {
                throw new IdentityException($"profile {name}: a role that asks for a code (mfa_serial) cannot be assumed without a person");
            }

            MintedCredential? source = await SourceAsync(profiles, name, profile, seen, cancellation).ConfigureAwait(false);
            return source?.Pair is { } pair
                ? await tokens.AssumeAsync(RequestOf(profile, role), pair, cancellation).ConfigureAwait(false)
                : throw new IdentityException($"profile {name}: its source gives no credentials");
        }

        if (keys is not null)
        {
            return new MintedCredential($"profile {name}", null, keys, null);
        }

        if (profile.ContainsKey("sso_account_id") || profile.ContainsKey("sso_session") || profile.ContainsKey("sso_start_url"))
        {
            return await sso.MintAsync(name, profile, profiles, cancellation).ConfigureAwait(false);
        }

        return profile.ContainsKey("credential_process")
            ? throw new IdentityException($"profile {name}: credential_process is not run here; have its output written to the credentials file")
            : null;
    }

    private async ValueTask<MintedCredential?> SourceAsync(
        AwsProfiles profiles, string name, Dictionary<string, string> profile, List<string> seen, CancellationToken cancellation)
    {
        if (profile.TryGetValue("source_profile", out string? other))
        {
            return await MintAsync(profiles, other, seen, cancellation).ConfigureAwait(false);
        }

        return await (profile.GetValueOrDefault("credential_source") switch
        {
            "Environment" => variables,
            "EcsContainer" => container,
            "Ec2InstanceMetadata" => instance,
            _ => throw new IdentityException($"profile {name}: its role has neither source_profile nor credential_source"),
        }).MintAsync(cancellation).ConfigureAwait(false);
    }

    private RoleRequest RequestOf(Dictionary<string, string> profile, string role)
        => new(role, profile.GetValueOrDefault("role_session_name") ?? settings.SessionName)
    {
        ExternalId = profile.GetValueOrDefault("external_id"),
        DurationSecs = int.TryParse(profile.GetValueOrDefault("duration_seconds"), out int seconds) ? seconds : null,
        Region = profile.GetValueOrDefault("region"),
    };
}
