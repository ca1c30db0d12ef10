using Busbar.Ir;
using Busbar.Ir.Streams;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Response;

public sealed class ErrorMappingTests
{
    [Fact]
    [Trait("gotcha", "T37")]
    public void No_message_about_a_failure_speaks_of_inner_works()
    {
        foreach (string word in (string[])["Busbar", "gateway", "pool", "lane", "Upstream", "router", "breaker"])
        {
            var said = new ProviderError(null, null, $"no healthy {word} found");
            Assert.Null(ErrorMapping.FromStream(new StreamError(FaultClass.ServerError, said)).Message);
        }

        Assert.Null(ErrorMapping.Relay(422, new(null, null, " "), false).Message);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(403)]
    [InlineData(422)]
    public void What_a_provider_says_about_a_request_reaches_its_client_whatever_words_it_takes(int status)
    {
        const string said = "tools[0].name: 'swimming_pool' is used by two tools";
        Assert.Equal(said, ErrorMapping.Relay(status, new(null, null, said), isClientCredential: true).Message);
        Assert.Equal(said, ErrorMapping.Relay(status, new(null, null, said, IsContextLength: true), isClientCredential: true).Message);
    }

    [Fact]
    [Trait("gotcha", "T31")]
    public void A_refused_credential_is_the_clients_fault_only_when_it_is_the_clients()
    {
        Assert.Equal(ErrorKind.Authentication, ErrorMapping.Relay(401, default, isClientCredential: true).Kind);
        Assert.Equal(ErrorKind.Permission, ErrorMapping.Relay(403, default, isClientCredential: true).Kind);
        Assert.Equal(ErrorKind.Unavailable, ErrorMapping.Relay(401, default, isClientCredential: false).Kind);
        Assert.Equal(ErrorKind.Unavailable, ErrorMapping.FromStream(new StreamError(FaultClass.Auth, new(null, null, "invalid key sk-1"))).Kind);
        Assert.Null(ErrorMapping.FromStream(new StreamError(FaultClass.Billing, new(null, null, "credit balance"))).Message);
    }

    [Theory]
    [InlineData("openai", "openai", "unsupported_value")]
    [InlineData("openai", "responses", "unsupported_value")]
    [InlineData("responses", "openai", "unsupported_value")]
    [InlineData("gemini", "openai", null)]
    public void Code_and_parameter_are_kept_between_the_protocols_of_one_vendor(string from, string to, string? code)
    {
        Protocol client = ProtocolTable.Get(Matrix.Harness.Hop.Named(to));
        ProviderError said = ProtocolTable.Get(Matrix.Harness.Hop.Named(from)).ReadError(
            400, """{"error":{"message":"Not this.","type":"invalid_request_error","param":"temperature","code":"unsupported_value"}}"""u8.ToArray());
        Assert.Equal(code, ErrorMapping.FromStream(new StreamError(FaultClass.ClientError, said)).Code);

        using var output = new PooledBuffer();
        client.WriteError(ErrorMapping.Relay(400, said, isClientCredential: false), "req_1", new JsonWriter(output));
        ProviderError seen = client.ReadError(400, output.Span.ToArray());
        Assert.Equal((code, code is null ? null : "temperature"), (seen.Code, seen.Param));
    }

    [Fact]
    public void A_number_is_no_code() =>
        Assert.Null(ProtocolTable.Get(ProtocolId.OpenAI).ReadError(422, """{"message":"no","code":3051}"""u8.ToArray()).SharedCode);

    [Fact]
    public void A_relayed_status_stays_what_it_was()
    {
        foreach (int status in (int[])[400, 404, 409, 413, 422, 429, 500, 503, 529])
        {
            Assert.Equal(status, ErrorMapping.Relay(status, default, false).Status);
        }
    }
}
