using System.Net;
using Busbar.Gateway.Admission;
using Microsoft.AspNetCore.Http;

namespace Busbar.Tests.Gateway.Admission;

public sealed class ClientAddressTests
{
    private static readonly IPNetwork[] Trusted = [IPNetwork.Parse("10.0.0.0/8"), IPNetwork.Parse("fd00::/8")];

    [Theory]
    [InlineData("203.0.113.9", "198.51.100.1", null, "203.0.113.9")]
    [InlineData("10.0.0.1", null, null, "10.0.0.1")]
    [InlineData("10.0.0.1", "198.51.100.1", null, "198.51.100.1")]
    [InlineData("::ffff:10.0.0.1", "198.51.100.1", null, "198.51.100.1")]
    [InlineData("10.0.0.1", "1.2.3.4, 198.51.100.1, 10.0.0.2", null, "198.51.100.1")]
    [InlineData("10.0.0.1", "10.9.9.9, 10.0.0.2", null, "10.9.9.9")]
    [InlineData("10.0.0.1", "1.2.3.4, unknown, 10.0.0.2", null, "10.0.0.2")]
    [InlineData("10.0.0.1", "1.2.3.4, 7", null, "10.0.0.1")]
    [InlineData("10.0.0.1", "198.51.100.1:5555", null, "198.51.100.1")]
    [InlineData("10.0.0.1", "2001:db8::1", null, "2001:db8::1")]
    [InlineData("10.0.0.1", "[2001:db8::1]:80, fd00::2", null, "2001:db8::1")]
    [InlineData("10.0.0.1", null, "for=198.51.100.1;proto=https;by=10.0.0.1", "198.51.100.1")]
    [InlineData("10.0.0.1", null, "for=1.2.3.4, For=\"[2001:db8::1]:80\";proto=http, for=10.0.0.3", "2001:db8::1")]
    [InlineData("10.0.0.1", null, "for=_hidden", "10.0.0.1")]
    [InlineData("10.0.0.1", "198.51.100.1", "for=198.51.100.1", "198.51.100.1")]
    [InlineData("10.0.0.1", "198.51.100.1", "for=1.2.3.4", "10.0.0.1")]
    public void Headers_are_believed_as_far_as_trusted_proxies_wrote_them(string peer, string? listed, string? forwarded, string expected)
    {
        var headers = new HeaderDictionary();
        if (listed is not null)
        {
            headers["X-Forwarded-For"] = listed;
        }

        if (forwarded is not null)
        {
            headers["Forwarded"] = forwarded;
        }

        Assert.Equal(expected, ClientAddress.Of(IPAddress.Parse(peer), headers, Trusted)!.ToString());
    }

    [Fact]
    public void Several_lines_of_one_header_are_one_list()
    {
        var headers = new HeaderDictionary { ["X-Forwarded-For"] = new string[] { "1.2.3.4", "198.51.100.1, 10.0.0.2" } };

        Assert.Equal("198.51.100.1", ClientAddress.Of(IPAddress.Parse("10.0.0.1"), headers, Trusted)!.ToString());
    }

    [Fact]
    public void Without_trusted_proxies_no_header_is_believed() =>
        Assert.Equal("10.0.0.1", ClientAddress.Of(IPAddress.Parse("10.0.0.1"), new HeaderDictionary { ["X-Forwarded-For"] = "1.2.3.4" },
            [])!.ToString());
}
