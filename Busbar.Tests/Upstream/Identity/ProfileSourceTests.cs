using Busbar.Configuration.Model;
using Busbar.Configuration.Model.Providers;
using Busbar.Tests.Configuration;
using Busbar.Upstream.Identity;
using Busbar.Upstream.Identity.Aws;

namespace Busbar.Tests.Upstream.Identity;

/// <summary>Profiles that cannot give credentials say why, and never run a program.</summary>
public sealed class ProfileSourceTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-aws-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("[profile p]\ncredential_process = /bin/touch /tmp/never",
        "profile p: credential_process is not run here; have its output written to the credentials file")]
    [InlineData("[profile p]\nrole_arn = r\nsource_profile = q\n[profile q]\nrole_arn = s\nsource_profile = p",
        "profile p: its source_profile leads in a circle")]
    [InlineData("[profile p]\nrole_arn = r\nsource_profile = none", "there is no profile none in the shared files")]
    [InlineData("[profile p]\nrole_arn = r\nsource_profile = p\nmfa_serial = m",
        "profile p: a role that asks for a code (mfa_serial) cannot be assumed without a person")]
    [InlineData("[profile p]\nrole_arn = r", "profile p: its role has neither source_profile nor credential_source")]
    [InlineData("[profile p]\nrole_arn = r\ncredential_source = Environment", "profile p: its source gives no credentials")]
    [InlineData("[profile p]\nsso_session = s", "profile p: there is no sso-session s")]
    [InlineData("[profile p]\nrole_arn = r\nweb_identity_token_file = /no/such/file",
        "the web identity token /no/such/file cannot be read or is empty")]
    [InlineData("[profile q]", "there is no profile p in the shared files")]
    [InlineData("[profile p]\nregion = eu-west-1",
        "no AWS credentials: neither variables, a profile, a web identity token, a container's endpoint nor the metadata service of an instance " +
        "gives any")]
    public async Task It_says_why_it_gives_none(string config, string reason)
    {
        File.WriteAllText(Path.Combine(_directory, "config"), config);
        IdentityConfig identity = new() { Kind = IdentityKind.Aws, Profile = "p" };
        var environment = new FakeEnvironment(("HOME", _directory), ("AWS_CONFIG_FILE", Path.Combine(_directory, "config")),
            ("AWS_EC2_METADATA_DISABLED", "true"));
        ICredentialSource chain = AwsChain.Of(identity, new CredentialCalls(identity, environment), environment, TimeProvider.System);

        Assert.Equal(reason, (await Assert.ThrowsAsync<IdentityException>(() => chain.MintAsync(CancellationToken.None).AsTask())).Reason);
    }

    [Fact]
    public async Task Lasting_keys_of_a_profile_are_taken_as_they_stand()
    {
        File.WriteAllText(Path.Combine(_directory, "credentials"),
            "[p]\naws_access_key_id = AKIA\naws_secret_access_key = s\naws_session_token = t\n");
        IdentityConfig identity = new() { Kind = IdentityKind.Aws, Profile = "p" };
        var environment = new FakeEnvironment(("AWS_SHARED_CREDENTIALS_FILE", Path.Combine(_directory, "credentials")),
            ("AWS_ACCESS_KEY_ID", "OTHER"), ("AWS_SECRET_ACCESS_KEY", "x"));
        MintedCredential? credential = await AwsChain.Of(identity, new CredentialCalls(identity, environment), environment, TimeProvider.System)
            .MintAsync(CancellationToken.None);

        Assert.Equal(("AKIA", "s", "t", null), (credential!.Pair!.AccessKeyId, credential.Pair.Secret, credential.Pair.SessionToken,
            credential.Expires));
        Assert.Equal("profile p", credential.ToString());
    }
}
