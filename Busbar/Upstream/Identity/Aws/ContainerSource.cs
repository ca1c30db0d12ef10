using System.Net;
using System.Text.Json;
using Busbar.Upstream.Credentials;

namespace Busbar.Upstream.Identity.Aws;

/// <summary>
/// The endpoint that ECS, EKS Pod Identity and Greengrass give a container (AWS SDKs and tools reference guide, "Container credential provider"). Its
/// authorization is read again each time.
/// </summary>
internal sealed class ContainerSource(AwsSettings settings, CredentialCalls calls) : ICredentialSource
{
    private const string Place = "the container's credentials endpoint";

    // Over http:// a full address may only lead to this machine, or to one of these.
    private static readonly string[] Agents = ["169.254.170.2", "169.254.170.23", "fd00:ec2::23"];

    /// <inheritdoc/>
    public async ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        if (Address() is not { } address)
        {
            return null;
        }

        var request = new HttpRequestMessage(HttpMethod.Get, address);
        if (Authorization() is { } authorization)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        CredentialReply reply = address.Scheme == Uri.UriSchemeHttps
            ? await calls.CallAsync(Place, request, cancellation).ConfigureAwait(false)
            : (await calls.AskAsync(Place, request, isCertain: true, cancellation).ConfigureAwait(false))!;
        return reply.IsSuccess ? Read(reply, "container") : throw reply.Refused();
    }

    /// <summary>The keys in an answer of a container's endpoint or of an instance.</summary>
    public static MintedCredential Read(CredentialReply reply, string source)
    {
        JsonElement json = reply.Json();
        AwsCredential pair = AwsCredential.Of(
            reply.Required(json, "AccessKeyId"), reply.Required(json, "SecretAccessKey"), CredentialReply.Find(json, "Token")
                ?? CredentialReply.Find(json, "SessionToken"))
            ?? throw new IdentityException($"{source}: the answer holds no credentials");
        return new MintedCredential(source, null, pair, CredentialReply.Find(json, "Expiration") is { } end ? reply.Moment(end) : null);
    }

    private Uri? Address()
    {
        if (settings.Variable("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") is { } relative)
        {
            return relative[0] == '/' && Uri.TryCreate("http://169.254.170.2" + relative, UriKind.Absolute, out Uri? known)
                ? known
                : throw new IdentityException("the variable AWS_CONTAINER_CREDENTIALS_RELATIVE_URI is not a path");
        }

        if (settings.Variable("AWS_CONTAINER_CREDENTIALS_FULL_URI") is not { } full)
        {
            return null;
        }

        if (!Uri.TryCreate(full, UriKind.Absolute, out Uri? address) || (address.Scheme != Uri.UriSchemeHttps && address.Scheme != Uri.UriSchemeHttp))
        {
            throw new IdentityException("the variable AWS_CONTAINER_CREDENTIALS_FULL_URI is not an address");
        }

        bool isAgent = address.IdnHost == "localhost"
            || (IPAddress.TryParse(address.IdnHost, out IPAddress? literal)
                && (IPAddress.IsLoopback(literal) || Agents.Any(agent => literal.Equals(IPAddress.Parse(agent)))));
        return address.Scheme == Uri.UriSchemeHttps || isAgent
            ? address
            : throw new IdentityException(
                "the variable AWS_CONTAINER_CREDENTIALS_FULL_URI is http:// and leads to none of the hosts that may be called so");
    }

    private string? Authorization() => settings.Variable("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE") is { } file
        ? CredentialFile.ReadToken(file, "the container's authorization token")
        : settings.Variable("AWS_CONTAINER_AUTHORIZATION_TOKEN");
}
