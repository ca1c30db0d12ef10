using Busbar.Gateway.Attempts;
using Busbar.Ir;
using Busbar.Upstream;
using Busbar.Wire;
using Microsoft.AspNetCore.Http;

namespace Busbar.Tests.Gateway.Attempts;

/// <summary>What of a client's headers goes on to a provider.</summary>
public sealed class HeaderPolicyTests
{
    [Theory]
    [InlineData("caché")]
    [InlineData("a\u0001b")]
    [InlineData("a\tb")]
    public void A_value_that_cannot_be_sent_is_left_out_so_that_no_lane_is_charged_for_it(string value)
    {
        var client = new HeaderDictionary { ["anthropic-beta"] = value, ["anthropic-version"] = "2023-06-01" };
        var upstream = new UpstreamRequest(new Uri("http://vendor.test/v1"), new ModelSplice("{}"u8.ToArray()));

        HeaderPolicy.CopyRequest(ProtocolId.Anthropic, client, upstream);

        Assert.Equal([new("anthropic-version", "2023-06-01")], upstream.Headers.ToArray());
    }

    [Fact]
    public void A_coding_that_nobody_asked_for_is_named_to_the_client_unless_it_cannot_be()
    {
        var client = new HeaderDictionary();
        HeaderPolicy.CopyResponse(ResponseHead.Parse("Content-Encoding: gzip\r\nSet-Cookie: a=b\r\n")!, client);
        Assert.Equal([new("Content-Encoding", "gzip")], client);

        client.Clear();
        HeaderPolicy.CopyResponse(ResponseHead.Parse("Content-Encoding: caf\u00e9\r\n")!, client);
        Assert.Empty(client);
    }

    [Fact]
    public void A_header_that_came_twice_goes_on_twice()
    {
        var client = new HeaderDictionary();
        HeaderPolicy.CopyResponse(ResponseHead.Parse("x-ratelimit-limit: 1\r\nX-RateLimit-Limit: 2\r\n")!, client);
        Assert.Equal("1,2", client["x-ratelimit-limit"].ToString());
    }

    [Fact]
    public void Only_listed_headers_pass()
    {
        var client = new HeaderDictionary { ["anthropic-beta"] = "x", ["cookie"] = "a=b", ["x-forwarded-for"] = "10.0.0.1", ["authorization"] = "Bearer t" };
        var upstream = new UpstreamRequest(new Uri("http://vendor.test/v1"), new ModelSplice("{}"u8.ToArray()));

        HeaderPolicy.CopyRequest(ProtocolId.Anthropic, client, upstream);

        Assert.Equal(["anthropic-beta"], upstream.Headers.ToArray().Select(header => header.Key));
    }
}
