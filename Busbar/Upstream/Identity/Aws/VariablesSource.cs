using Busbar.Upstream.Credentials;

namespace Busbar.Upstream.Identity.Aws;

/// <summary>A key pair in the environment.</summary>
internal sealed class VariablesSource(AwsSettings settings) : ICredentialSource
{
    /// <inheritdoc/>
    public ValueTask<MintedCredential?> MintAsync(CancellationToken cancellation)
    {
        string? id = settings.Variable("AWS_ACCESS_KEY_ID");
        string? secret = settings.Variable("AWS_SECRET_ACCESS_KEY");
        if (id is null || secret is null)
        {
            return default;
        }

        AwsCredential pair = AwsCredential.Of(id, secret, settings.Variable("AWS_SESSION_TOKEN"))
            ?? throw new IdentityException("the key pair in AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN has characters that no header can carry");
        return new(new MintedCredential("environment", null, pair, null));
    }
}
