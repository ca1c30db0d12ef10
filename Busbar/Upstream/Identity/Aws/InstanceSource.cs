namespace Busbar.Upstream.Identity.Aws;

/// <summary>The role of an EC2 instance, by the second version of its metadata service (EC2 user guide, "Use IMDSv2").</summary>
internal sealed class InstanceSource(AwsSettings settings, CredentialCalls calls) : ICredentialSource
{
    private const string Place = "the metadata service of the instance";
    private const string Roles = "latest/meta-data/iam/security-credentials/";

    private bool _wasThere;

    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        if (string.Equals(settings.Variable("AWS_EC2_METADATA_DISABLED"), "true", StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        Uri service = Address();
        var session = new HttpRequestMessage(HttpMethod.Put, new Uri(service, "latest/api/token"));
        session.Headers.TryAddWithoutValidation("x-aws-ec2-metadata-token-ttl-seconds", "21600");
        if (await calls.AskAsync(Place, session, _wasThere, cancellation).ConfigureAwait(false) is not { } opened)
        {
            return null;
        }

        string token = opened.Text.Trim();
        if (!opened.IsSuccess || token.Length == 0 || token.AsSpan().ContainsAnyExceptInRange('!', '~'))
        {
            throw new IdentityException($"{Place} gives no token (HTTP {opened.Status})");
        }

        CredentialReply roles = await GetAsync(service, Roles, token, cancellation).ConfigureAwait(false);
        if (roles.Status == 404)
        {
            return null;
        }

        string role = roles.Text.Trim().Split('\n')[0].Trim();
        if (!roles.IsSuccess || role.Length is 0 or > 128 || role.Any(letter => !char.IsAsciiLetterOrDigit(letter) && !"+=,.@_-".Contains(letter)))
        {
            throw new IdentityException($"{Place} names no role (HTTP {roles.Status})");
        }

        CredentialReply keys = await GetAsync(service, Roles + role, token, cancellation).ConfigureAwait(false);
        if (!keys.IsSuccess || CredentialReply.Find(keys.Json(), "Code") is not (null or "Success"))
        {
            throw keys.Refused($"{Place}, role {role}");
        }

        _wasThere = true;
        return ContainerSource.Read(keys, $"instance role {role}");
    }

    private async ValueTask<CredentialReply> GetAsync(Uri service, string path, string token, CancellationToken cancellation)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(service, path));
        request.Headers.TryAddWithoutValidation("x-aws-ec2-metadata-token", token);
        return (await calls.AskAsync(Place, request, isCertain: true, cancellation).ConfigureAwait(false))!;
    }

    private Uri Address()
    {
        if (settings.Variable("AWS_EC2_METADATA_SERVICE_ENDPOINT") is { } own)
        {
            return Uri.TryCreate(own.TrimEnd('/') + "/", UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttp
                ? address
                : throw new IdentityException("the variable AWS_EC2_METADATA_SERVICE_ENDPOINT is not an http:// address");
        }

        bool isNew = string.Equals(settings.Variable("AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE"), "IPv6", StringComparison.OrdinalIgnoreCase);
        return new Uri(isNew ? "http://[fd00:ec2::254]/" : "http://169.254.169.254/");
    }
}
