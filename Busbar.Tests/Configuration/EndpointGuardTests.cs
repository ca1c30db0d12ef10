using System.Net;
using Busbar.Configuration.Guards;

namespace Busbar.Tests.Configuration;

public sealed class EndpointGuardTests
{
    /// <summary>One address of every blocked IPv4 range, with its ends, and what a private network may do with it.</summary>
    private static readonly (string First, string Last, bool OpensWithPrivate)[] BlockedRanges =
    [
        ("0.0.0.0", "0.255.255.255", false),
        ("10.0.0.0", "10.255.255.255", true),
        ("100.64.0.0", "100.100.100.199", true),
        ("100.100.100.200", "100.100.100.200", false),
        ("100.100.100.201", "100.127.255.255", true),
        ("127.0.0.0", "127.255.255.255", true),
        ("168.63.129.16", "168.63.129.16", false),
        ("169.254.0.0", "169.254.255.255", false),
        ("172.16.0.0", "172.31.255.255", true),
        ("192.0.0.0", "192.0.0.255", false),
        ("192.168.0.0", "192.168.255.255", true),
        ("198.18.0.0", "198.19.255.255", false),
        ("224.0.0.0", "239.255.255.255", false),
        ("240.0.0.0", "255.255.255.255", false),
    ];

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700::1111", true)]
    [InlineData("169.254.169.254", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("fd12::4", false)]
    public void Without_tls_only_private_networks_are_dialled(string address, bool blocked) =>
        Assert.Equal(blocked, AddressGuard.IsBlockedInClear(IPAddress.Parse(address)));

    [Fact]
    [Trait("gotcha", "C66")]
    [Trait("gotcha", "C69")]
    [Trait("gotcha", "C70")]
    [Trait("gotcha", "C74")]
    public void C66_C69_C70_C74_every_spelling_of_every_blocked_ipv4_address_is_refused()
    {
        Random random = new(65);
        foreach ((string first, string last, bool opens) in BlockedRanges)
        {
            (uint low, uint high) = (Number(first), Number(last));
            foreach (uint address in (uint[])[low, high, low + (uint)random.NextInt64((long)high - low + 1),
                low + (uint)random.NextInt64((long)high - low + 1)])
            {
                string plain = Dotted(address);
                Assert.Equal(!opens, AddressGuard.IsBlocked(IPAddress.Parse(plain), allowPrivate: true));
                Assert.True(AddressGuard.IsBlocked(IPAddress.Parse(plain), allowPrivate: false));
                foreach (string host in (string[])[plain, plain + ".", .. EmbeddedIn6(address)])
                {
                    foreach (string url in Urls(host))
                    {
                        Assert.True(EndpointGuard.Refusal(url, allowPrivate: false) is not null, url);
                        Assert.True(EndpointGuard.Refusal(url, allowPrivate: true) is null == opens, url);
                    }
                }

                Assert.NotNull(EndpointGuard.Refusal($@"https://{plain}\.example.com", allowPrivate: false));
                foreach (string host in OldSpellings(address))
                {
                    foreach (string url in Urls(host))
                    {
                        Assert.True(EndpointGuard.Refusal(url, allowPrivate: false) is not null, url);
                        Assert.True(EndpointGuard.Refusal(url, allowPrivate: true) is not null, url);
                    }
                }
            }
        }
    }

    [Fact]
    [Trait("gotcha", "C67")]
    public void C67_the_neighbours_of_every_blocked_range_pass()
    {
        foreach ((string first, string last, _) in BlockedRanges)
        {
            foreach (uint neighbour in (uint[])[Number(first) - 1, Number(last) + 1])
            {
                string plain = Dotted(neighbour);
                bool inAnother = BlockedRanges.Any(range => neighbour >= Number(range.First) && neighbour <= Number(range.Last));
                Assert.Equal(inAnother, AddressGuard.IsBlocked(IPAddress.Parse(plain), allowPrivate: false));
                Assert.Equal(inAnother, EndpointGuard.Refusal($"https://{plain}/v1", allowPrivate: false) is not null);
            }
        }
    }

    [Theory]
    [InlineData("https://100.63.255.255")]
    [InlineData("https://100.128.0.0")]
    [InlineData("https://172.15.0.1")]
    [InlineData("https://172.32.0.1")]
    [InlineData("https://localhost.example.com")]
    [InlineData("https://notlocalhost")]
    [InlineData("https://notlocalhost.com")]
    [InlineData("https://metadata.google.internal.example.com")]
    [InlineData("https://[::ffff:8.8.8.8]")]
    [InlineData("https://[2606:4700::1111]:8443/v1")]
    [InlineData("https://[64:ff9b::8.8.8.8]")]
    [InlineData("HTTPS://API.EXAMPLE.COM")]
    [InlineData("https://123.example.com")]
    [InlineData("https://0x7f.example.com")]
    [InlineData("https://example.com.")]
    [InlineData("https://example.com:443/a//b@c\\d?e=f")]
    [InlineData("https://my_host.example.com")]
    [Trait("gotcha", "C67")]
    [Trait("gotcha", "C68")]
    [Trait("gotcha", "C84")]
    public void C67_C68_C84_public_hosts_and_look_alikes_pass(string url) => Assert.Null(EndpointGuard.Refusal(url, allowPrivate: false));

    [Theory]
    [InlineData("http://example.com")]
    [InlineData("ftp://example.com")]
    [InlineData("example.com")]
    [InlineData("//example.com")]
    [InlineData("https:example.com")]
    [InlineData("https:/example.com")]
    [InlineData("https:///example.com")]
    [InlineData("https://")]
    [InlineData("https://.")]
    [InlineData("https://:443")]
    [InlineData("https://localhost")]
    [InlineData("https://LOCALHOST")]
    [InlineData("https://localhost.")]
    [InlineData("https://localhost..")]
    [InlineData("https://api.localhost:8443")]
    [InlineData("https://metadata.google.internal.")]
    [InlineData("https://METADATA.internal")]
    [InlineData("https://metadata.tencentyun.com")]
    [InlineData("https://metadata.platformequinix.com")]
    [InlineData("https://instance-data")]
    [InlineData("https://instance-data.ec2.internal")]
    [InlineData("https://2130706433")]
    [InlineData("https://0x7f000001")]
    [InlineData("https://017700000001")]
    [InlineData("https://127.1")]
    [InlineData("https://10.0.1")]
    [InlineData("https://0x7f.0.0.1")]
    [InlineData("https://0177.0.0.1")]
    [InlineData("https://0X7F.0.0.1")]
    [InlineData("https://8.8.8.08")]
    [InlineData("https://134744072")]
    [InlineData("https://1.2.3.4.5")]
    [InlineData("https://256.1.1.1")]
    [InlineData("https://0x")]
    [InlineData("https://[::1]")]
    [InlineData("https://[::]")]
    [InlineData("https://[fc00::1]")]
    [InlineData("https://[fdff::1]")]
    [InlineData("https://[fe80::1]")]
    [InlineData("https://[fe80::1%25eth0]")]
    [InlineData("https://[fec0::1]")]
    [InlineData("https://[ff02::1]")]
    [InlineData("https://[fd00:ec2::254]")]
    [InlineData("https://[64:ff9b:1::1]")]
    [InlineData("https://[::1")]
    [InlineData("https://[]")]
    [InlineData("https://[127.0.0.1]")]
    [InlineData("https://::1")]
    [InlineData("https://169%2E254%2E169%2E254")]
    [InlineData("https://%31%30.0.0.1")]
    [InlineData("https://10.0.0.1\\x.allowed.com")]
    [InlineData("https://good.com@10.0.0.1/")]
    [InlineData("https://user:pass@good.com/")]
    [InlineData("https://@good.com/")]
    [InlineData("https://168.63.129.16")]
    [InlineData("https://192.0.0.192")]
    [InlineData("https://exam\tple.com")]
    [InlineData("https://exam ple.com")]
    [InlineData("https://example.com\r\n")]
    [InlineData("https://example.com\u0085")]
    [InlineData("https://example.com\u2028")]
    [InlineData(" https://example.com")]
    [InlineData("https://example.com:0")]
    [InlineData("https://example.com:99999")]
    [InlineData("https://example.com:")]
    [InlineData("https://example.com:80:80")]
    [InlineData("https://127。0。0。1")]
    [InlineData("https://１２７.0.0.1")]
    [InlineData("https://exämple.com")]
    [Trait("gotcha", "C65")]
    [Trait("gotcha", "C68")]
    [Trait("gotcha", "C69")]
    [Trait("gotcha", "C70")]
    [Trait("gotcha", "C71")]
    [Trait("gotcha", "C72")]
    [Trait("gotcha", "C73")]
    [Trait("gotcha", "C74")]
    [Trait("gotcha", "C75")]
    public void C65_and_C68_to_C75_anything_else_is_refused(string url) => Assert.NotNull(EndpointGuard.Refusal(url, allowPrivate: false));

    [Theory]
    [InlineData("http://localhost:11434", true)]
    [InlineData("http://127.0.0.1:8000", true)]
    [InlineData("http://10.1.2.3", true)]
    [InlineData("https://192.168.0.4/v1", true)]
    [InlineData("http://[::1]:8080", true)]
    [InlineData("http://[fd12::4]", true)]
    [InlineData("http://ollama:11434", true)]
    [InlineData("http://8.8.8.8", false)]
    [InlineData("http://169.254.169.254", false)]
    [InlineData("http://169.254.170.2", false)]
    [InlineData("http://metadata.google.internal", false)]
    [InlineData("http://100.100.100.200", false)]
    [InlineData("http://[fd00:ec2::254]", false)]
    [InlineData("http://[fd20:ce::254]", false)]
    [InlineData("http://[::ffff:169.254.169.254]", false)]
    [InlineData("http://0.0.0.0:8080", false)]
    [InlineData("http://2130706433", false)]
    [InlineData("ftp://localhost", false)]
    public void A_private_network_opens_loopback_and_private_addresses_but_never_metadata(string url, bool accepted) =>
        Assert.Equal(accepted, EndpointGuard.Refusal(url, allowPrivate: true) is null);

    [Theory]
    [InlineData("::", true, true)]
    [InlineData("::1", true, false)]
    [InlineData("fc00::", true, false)]
    [InlineData("fdff:ffff::", true, false)]
    [InlineData("fe00::", false, false)]
    [InlineData("fe80::", true, true)]
    [InlineData("fec0::1", true, true)]
    [InlineData("ff02::1", true, true)]
    [InlineData("fbff::1", false, false)]
    [InlineData("2002:7f00:1::", true, false)]
    [InlineData("2002:808:808::", false, false)]
    [InlineData("2002:a9fe:a9fe::", true, true)]
    [InlineData("64:ff9b::a9fe:a9fe", true, true)]
    [InlineData("64:ff9b::808:808", false, false)]
    [InlineData("2001:4860:4860::8888", false, false)]
    [InlineData("2001:0:4136:e378:8000:63bf:3fff:fdd2", true, true)]
    [InlineData("2001:1ff:ffff::1", true, true)]
    [InlineData("2001:200::1", false, false)]
    [InlineData("2001:db8::1", true, true)]
    [InlineData("3fff::1", true, true)]
    [InlineData("3fff:1000::1", false, false)]
    [InlineData("100::1", true, true)]
    [InlineData("100:0:0:1::1", false, false)]
    [InlineData("5f00::1", true, true)]
    [InlineData("5f01::1", false, false)]
    [InlineData("::ffff:0:127.0.0.1", true, true)]
    [InlineData("::ffff:0:8.8.8.8", true, true)]
    [InlineData("::1:0:0:1", true, true)]
    [InlineData("fd00:ec2::23", true, true)]
    [InlineData("fd00:ec3::23", true, false)]
    [Trait("gotcha", "C78")]
    public void C78_an_ipv6_address_is_judged_when_a_connection_is_made(string address, bool blocked, bool blockedWithPrivate)
    {
        Assert.Equal(blocked, AddressGuard.IsBlocked(IPAddress.Parse(address), allowPrivate: false));
        Assert.Equal(blockedWithPrivate, AddressGuard.IsBlocked(IPAddress.Parse(address), allowPrivate: true));
    }

    [Fact]
    public void Random_text_never_throws_and_what_passes_is_an_https_address_outside_the_blocked_ranges()
    {
        Random random = new(2606);
        const string Letters = "htps:/\\@?#[]%.0123456789xabcdefF:-_ ～。\u0000";
        for (int round = 0; round < 20_000; round++)
        {
            string text = new([.. Enumerable.Range(0, random.Next(24)).Select(_ => Letters[random.Next(Letters.Length)])]);
            string url = random.Next(4) == 0 ? text : "https://" + text;
            if (EndpointGuard.Refusal(url, allowPrivate: false) is null)
            {
                Uri uri = new(url);
                Assert.Equal("https", uri.Scheme);
                Assert.Empty(uri.UserInfo);
                Assert.False(IPAddress.TryParse(uri.IdnHost, out IPAddress? address) && AddressGuard.IsBlocked(address, allowPrivate: false), url);
            }
        }
    }

    private static IEnumerable<string> Urls(string host) => [
        $"https://{host}", $"HTTPS://{host.ToUpperInvariant()}:8443/v1", $"https://{host}?x", $"https://{host}#x"];

    private static IEnumerable<string> EmbeddedIn6(uint address)
    {
        string plain = Dotted(address);
        string[] forms = [$"[::ffff:{plain}]", $"[::ffff:{address >> 16:x}:{address & 0xFFFF:x}]", $"[64:ff9b::{plain}]",
            $"[2002:{address >> 16:x}:{address & 0xFFFF:x}::1]"];
        return address > 1 ? [.. forms, $"[::{address >> 16:x}:{address & 0xFFFF:x}]"] : forms;
    }

    private static IEnumerable<string> OldSpellings(uint address)
    {
        (uint a, uint b, uint c, uint d) = (address >> 24, (address >> 16) & 255, (address >> 8) & 255, address & 255);
        string Octal(uint number) => "0" + Convert.ToString(number, 8);
        return
        [
            $"{address}", $"0x{address:x}", $"0X{address:X8}", Octal(address), "00" + Octal(address), $"{a}.{address & 0xFFFFFF}",
            $"{a}.{b}.{address & 0xFFFF}",
            $"0x{a:x}.{b}.{c}.{d}", $"{a}.0x{b:x}.{c}.{d}", $"0{Octal(a)}.{b}.{c}.{d}", $"{a}.{b}.{c}.0{d}",
            $"{address}.", $"{a}.{b}.{c}.{d}..", $"%{(int)a.ToString()[0]:x}{a.ToString()[1..]}.{b}.{c}.{d}", $"{a}%2e{b}%2e{c}%2e{d}",
            $"{a}。{b}。{c}。{d}", $"user@{a}.{b}.{c}.{d}",
        ];
    }

    private static uint Number(string dotted) => dotted.Split('.').Aggregate(0u, (number, part) => (number << 8) | uint.Parse(part));

    private static string Dotted(uint number) => $"{number >> 24}.{(number >> 16) & 255}.{(number >> 8) & 255}.{number & 255}";
}
