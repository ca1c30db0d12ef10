using Busbar.Configuration.Model.Providers;
using Busbar.Tests.Configuration;
using Busbar.Upstream.Identity;
using Busbar.Upstream.Identity.Aws;

namespace Busbar.Tests.Upstream.Identity;

/// <summary>Where AWS's services are, and what the shared files say.</summary>
public sealed class AwsSettingsTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("busbar-aws-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Theory]
    [InlineData("eu-central-1", "https://sts.eu-central-1.amazonaws.com/")]
    [InlineData("cn-north-1", "https://sts.cn-north-1.amazonaws.com.cn/")]
    [InlineData("us-gov-west-1", "https://sts.us-gov-west-1.amazonaws.com/")]
    [InlineData("us-iso-east-1", "https://sts.us-iso-east-1.c2s.ic.gov/")]
    [InlineData("eusc-de-east-1", "https://sts.eusc-de-east-1.amazonaws.eu/")]
    [InlineData(null, "https://sts.amazonaws.com/")]
    [InlineData("us-east-1", "https://sts-fips.us-east-1.amazonaws.com/", "AWS_USE_FIPS_ENDPOINT", "true")]
    [InlineData("us-east-1", "https://sts.us-east-1.api.aws/", "AWS_USE_DUALSTACK_ENDPOINT", "true")]
    [InlineData("us-east-1", "https://vpce.example/", "AWS_ENDPOINT_URL_STS", "https://vpce.example")]
    [InlineData("us-east-1", "https://all.example/", "AWS_ENDPOINT_URL", "https://all.example")]
    public void A_service_is_where_its_region_and_the_variables_say(string? region, string address, string variable = "NONE", string value = "") =>
        Assert.Equal(address, Settings(new IdentityConfig { Kind = IdentityKind.Aws }, (variable, value)).Endpoint("sts", "STS", region).AbsoluteUri);

    [Fact]
    public void Endpoints_of_variables_can_be_left_out_and_must_be_addresses()
    {
        IdentityConfig identity = new() { Kind = IdentityKind.Aws };
        Assert.Equal(
            "https://sts.eu-west-1.amazonaws.com/",
            Settings(identity, ("AWS_ENDPOINT_URL_STS", "https://x.example"), ("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true"))
                .Endpoint("sts", "STS", "eu-west-1").AbsoluteUri);
        Assert.Throws<IdentityException>(() => Settings(identity, ("AWS_ENDPOINT_URL_STS", "file:///etc/passwd"))
            .Endpoint("sts", "STS", "eu-west-1"));
    }

    [Fact]
    public void The_region_is_the_identitys_else_the_environments_else_the_profiles()
    {
        string config = Write("config", "[default]\nregion = eu-north-1\n");
        IdentityConfig identity = new() { Kind = IdentityKind.Aws };
        Assert.Equal("eu-west-3", Settings(identity with { Region = "eu-west-3" }, ("AWS_REGION", "eu-west-2")).Region());
        Assert.Equal("eu-west-2", Settings(identity, ("AWS_REGION", "eu-west-2"), ("AWS_DEFAULT_REGION", "eu-west-1")).Region());
        Assert.Equal("eu-north-1", Settings(identity, ("AWS_CONFIG_FILE", config)).Region());
    }

    [Fact]
    public void Shared_files_are_read_as_the_vendors_tools_read_them()
    {
        string config = Write("config", """
            # a comment
            [default]
            region=eu-west-1
            [profile "two words"]
            role_arn = arn:aws:iam::1:role/r ; a remark
            s3 =
              max_concurrent_requests = 20
            [sso-session corp]
            sso_region = eu-west-1
            [plain]
            REGION = us-east-1
            [broken
            not a setting
            """);
        string credentials =
            Write("credentials",
            "[default]\naws_access_key_id = AKIA\naws_secret_access_key = a#b=c\nregion = eu-west-9\n[profile x]\nregion = no\n");

        AwsProfiles profiles = AwsProfiles.Read(config, credentials);

        Assert.Equal(("eu-west-9", "AKIA", "a#b=c"), (profiles.Profile("default")!["region"], profiles.Profile("default")!["aws_access_key_id"],
            profiles.Profile("default")!["aws_secret_access_key"]));
        Assert.Equal("arn:aws:iam::1:role/r", profiles.Profile("two words")!["role_arn"]);
        Assert.False(profiles.Profile("two words")!.ContainsKey("max_concurrent_requests"));
        Assert.Equal("eu-west-1", profiles.Session("corp")!["sso_region"]);
        Assert.Equal("us-east-1", profiles.Profile("plain")!["region"]);
        Assert.Null(profiles.Profile("x"));
        Assert.Null(AwsProfiles.Read(null, Path.Combine(_directory, "none")).Profile("default"));
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory, name);
        File.WriteAllText(path, text);
        return path;
    }

    private AwsSettings Settings(IdentityConfig identity, params (string, string)[] variables)
        => new(identity, new FakeEnvironment([("HOME", _directory), .. variables]));
}
