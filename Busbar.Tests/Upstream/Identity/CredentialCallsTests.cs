using Busbar.Configuration.Model.Providers;
using Busbar.Tests.Configuration;
using Busbar.Tests.Scenarios.Harness;
using Busbar.Upstream.Identity;
using Busbar.Upstream.Identity.Azure;

namespace Busbar.Tests.Upstream.Identity;

/// <summary>Where calls for credentials may lead, and by which way.</summary>
public sealed class CredentialCallsTests
{
    private static readonly IdentityConfig Identity = new() { Kind = IdentityKind.Azure, Scopes = ["https://cognitiveservices.azure.com/.default"] };

    [Theory]
    [InlineData("http://93.184.216.34/")]
    [InlineData("http://169.254.169.254/")]
    [InlineData("https://169.254.169.254/")]
    [InlineData("https://[fd00:ec2::254]/")]
    public async Task A_token_service_is_never_at_a_metadata_address_and_never_on_the_internet_in_clear(string address)
    {
        IdentityException failure = await Assert.ThrowsAsync<IdentityException>(
            () => Calls().CallAsync("the service", Get(address), CancellationToken.None).AsTask());

        Assert.Equal("the service: its address must not be called", failure.Reason);
    }

    [Fact]
    public async Task A_metadata_service_is_never_on_the_internet()
    {
        IdentityException failure = await Assert.ThrowsAsync<IdentityException>(
            () => Calls().AskAsync("the service", Get("http://93.184.216.34/"), isCertain: true, CancellationToken.None).AsTask());

        Assert.Equal("the service: its address must not be called", failure.Reason);
    }

    [Fact]
    public async Task A_metadata_service_that_refuses_connections_is_absent_unless_it_is_certain()
    {
        await using ScriptedUpstream nobody = ScriptedUpstream.Refusing();
        string address = $"http://127.0.0.1:{nobody.Port}/";

        Assert.Null(await Calls().AskAsync("the service", Get(address), isCertain: false, CancellationToken.None));
        await Assert.ThrowsAsync<IdentityException>(() => Calls().AskAsync("the service", Get(address), isCertain: true, CancellationToken.None)
            .AsTask());
    }

    [Fact]
    public async Task Token_services_are_called_through_the_proxy_and_metadata_services_are_not()
    {
        await using ScriptedUpstream service = ScriptedUpstream.Start();
        service.Always = call => call.AnswerAsync(200, "{}");
        await using ScriptedUpstream proxy = ScriptedUpstream.Start();
        proxy.Always = call => call.AnswerAsync(403, "");
        CredentialCalls calls = Calls(Identity with { HasOwnProxy = true, Proxy = new ProxyConfig("127.0.0.1", proxy.Port, null, "proxy") });
        string address = $"http://127.0.0.1:{service.Port}/";

        IdentityException failure = await Assert.ThrowsAsync<IdentityException>(
            () => calls.CallAsync("the service", Get(address), CancellationToken.None).AsTask());
        Assert.Equal("the service: proxy_403", failure.Reason);
        Assert.Equal(("CONNECT", $"127.0.0.1:{service.Port}"), (proxy.Requests[0].Method, proxy.Requests[0].Path));

        Assert.Equal(200, (await calls.AskAsync("the service", Get(address), isCertain: true, CancellationToken.None))!.Status);
        Assert.Single(proxy.Requests);
    }

    [Fact]
    public async Task The_variables_name_the_proxy_where_the_provider_does_not()
    {
        await using ScriptedUpstream proxy = ScriptedUpstream.Start();
        proxy.Always = call => call.AnswerAsync(407, "");
        CredentialCalls calls = Calls(Identity, ("HTTPS_PROXY", $"http://127.0.0.1:{proxy.Port}"), ("NO_PROXY", "internal.example"));

        IdentityException failure = await Assert.ThrowsAsync<IdentityException>(
            () => calls.CallAsync("the service", Get("https://login.example/"), CancellationToken.None).AsTask());

        Assert.Equal("the service: proxy_407", failure.Reason);
        Assert.Equal("login.example:443", proxy.Requests[0].Path);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        await using ScriptedUpstream service = ScriptedUpstream.Start();
        service.Always = call => call.AnswerAsync(302, "", ("Location", "http://169.254.169.254/"));

        CredentialReply reply = await Calls().CallAsync("the service", Get($"http://127.0.0.1:{service.Port}/"), CancellationToken.None);

        Assert.Equal((302, "the service: (HTTP 302)"), (reply.Status, reply.Refused().Reason));
        Assert.Single(service.Requests);
    }

    [Fact]
    public async Task Azure_Arc_is_shown_the_key_that_its_agent_names_and_no_other_file()
    {
        string directory = Directory.CreateTempSubdirectory("busbar-arc-").FullName;
        try
        {
            string key = Path.Combine(directory, "one.key");
            File.WriteAllText(key, "arc-key");
            string named = key;
            await using ScriptedUpstream agent = ScriptedUpstream.Start();
            agent.Always = call => call.Request["Authorization"] == "Basic arc-key"
                ? call.AnswerAsync(200, """{"access_token":"arc-token","expires_on":"4102444800"}""")
                : call.AnswerAsync(401, "", ("WWW-Authenticate", $"Basic realm={named}"));
            var environment = new FakeEnvironment(("IDENTITY_ENDPOINT", $"http://127.0.0.1:{agent.Port}/metadata/identity/oauth2/token"),
                ("IMDS_ENDPOINT", "http://127.0.0.1:1"));
            var source = new ManagedSource(new AzureSettings(Identity, environment), new CredentialCalls(Identity, environment), TimeProvider.System,
                directory, "/none");

            Assert.Equal("arc-token", (await source.MintAsync(CancellationToken.None))!.Token);
            Assert.All(agent.Requests, request => Assert.Equal("true", request["Metadata"]));

            foreach (string other in (string[])["/etc/passwd", Path.Combine(directory, "..", "x.key"), Path.Combine(directory, "missing.key"), ""])
            {
                named = other;
                await Assert.ThrowsAsync<IdentityException>(() => source.MintAsync(CancellationToken.None).AsTask());
            }
        }
        finally
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private static CredentialCalls Calls(IdentityConfig? identity = null, params (string, string)[] variables)
        => new(identity ?? Identity, new FakeEnvironment(variables));

    private static HttpRequestMessage Get(string address) => new(HttpMethod.Get, address);
}
