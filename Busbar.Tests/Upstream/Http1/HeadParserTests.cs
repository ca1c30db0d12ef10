using System.Text;
using Busbar.Upstream.Http1;

namespace Busbar.Tests.Upstream.Http1;

/// <summary>Heads of answers, good and bad.</summary>
public sealed class HeadParserTests
{
    [Fact]
    public void The_end_of_a_head_is_found_wherever_it_was_cut()
    {
        foreach (string head in (string[])["HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n", "HTTP/1.1 200 OK\r\n\r\n"])
        {
            byte[] bytes = Encoding.ASCII.GetBytes(head + "body\r\n\r\n");
            for (int cut = 0; cut < bytes.Length; cut++)
            {
                int early = HeadParser.FindEnd(bytes.AsSpan(0, cut), 0);
                Assert.Equal(cut < head.Length ? 0 : head.Length, early);
                Assert.Equal(head.Length, HeadParser.FindEnd(bytes, early == 0 ? cut : 0));
            }
        }
    }

    [Fact]
    public void Lines_are_read_as_they_stand()
    {
        Http1Head head =
            Parse("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7 \r\nX-Empty:\r\nx-multi:\ta\r\nX-Multi: b\r\nX-Latin: caf\u00e9: x\r\n\r\n")!;

        Assert.Equal(429, head.Status);
        Assert.Equal("7", head.Lines.Get("retry-after"));
        Assert.Equal("", head.Lines.Get("x-empty"));
        Assert.Equal("a, b", head.Lines.Get("X-MULTI"));
        Assert.Equal("caf\u00e9: x", head.Lines.Get("x-latin"));
        Assert.Null(head.Lines.Get("x-none"));
        Assert.Equal(["Retry-After", "X-Empty", "x-multi", "X-Multi", "X-Latin"],
            Enumerable.Range(0, head.Lines.Count).Select(index => head.Lines.NameAt(index).ToString()));
    }

    [Theory]
    [InlineData("HTTP/1.1 200\r\n\r\n", 200)]
    [InlineData("HTTP/1.0 503 \r\n\r\n", 503)]
    [InlineData("HTTP/1.1 200 \u00fcber\r\n\r\n", 200)]
    public void A_status_line_needs_no_reason(string head, int status) => Assert.Equal(status, Parse(head)!.Status);

    [Fact]
    public void A_folded_line_is_one_line() => Assert.Equal("a b c", Parse("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\tc\r\nY: d\r\n\r\n")!.Lines.Get("x"));

    [Theory]
    [InlineData("HTTP/2 200 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 099 OK\r\n\r\n")]
    [InlineData("HTTP/1.1 2000\r\n\r\n")]
    [InlineData("HTTP/1.1 +20 OK\r\n\r\n")]
    [InlineData("HTTP/1.1  200 OK\r\n\r\n")]
    [InlineData("ICY 200 OK\r\n\r\n")]
    [InlineData("\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nno colon\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n: nameless\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nname : x\r\n\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\n folded: x\r\n\r\n")]
    public void What_is_no_head_is_refused(string head) => Assert.Null(Parse(head));

    [Theory]
    [InlineData("Content-Length: 5", true, false)]
    [InlineData("Content-Length: 5, 5", true, false)]
    [InlineData("Content-Length: 5\r\nContent-Length: 5", true, false)]
    [InlineData("Content-Length: 5\r\nContent-Length: 6", false, false)]
    [InlineData("Content-Length: -5", false, false)]
    [InlineData("Content-Length: five", false, false)]
    [InlineData("Content-Length: 99999999999999999999", false, false)]
    [InlineData("Content-Length:", false, false)]
    [InlineData("Transfer-Encoding: Chunked", true, false)]
    [InlineData("Transfer-Encoding: gzip, chunked", false, false)]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 3", true, true)]
    [InlineData("Content-Length: 5\r\nConnection: Keep-Alive, CLOSE", true, true)]
    [InlineData("X: y", true, true)]
    public void The_framing_is_known_or_refused(string headers, bool isKnown, bool closes)
    {
        Assert.Equal(isKnown, HeadParser.TryFrame(Parse($"HTTP/1.1 200 OK\r\n{headers}\r\n\r\n")!, out _, out bool ends));
        Assert.Equal(closes, ends);
    }

    [Theory]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", true)]
    [InlineData("HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n", false)]
    public void Connections_of_HTTP_1_0_end_unless_they_say_otherwise(string head, bool closes)
    {
        Assert.True(HeadParser.TryFrame(Parse(head)!, out _, out bool ends));
        Assert.Equal(closes, ends);
    }

    [Theory]
    [InlineData(204)]
    [InlineData(304)]
    public void Some_answers_have_no_body_whatever_their_headers_say(int status)
    {
        Assert.True(HeadParser.TryFrame(Parse($"HTTP/1.1 {status} X\r\nContent-Length: 10\r\n\r\n")!, out BodyFraming framing, out bool closes));
        Assert.True(framing.IsEnded);

        // A server that sends one all the same would give the next call the answer to this one.
        Assert.True(closes);
    }

    [Fact]
    public void Random_bytes_never_break_the_parser()
    {
        var random = new Random(11);
        byte[] alphabet = Encoding.Latin1.GetBytes("HTP/1. 20\r\n\r\n:\t ab\u00e9\0");
        for (int round = 0; round < 20_000; round++)
        {
            byte[] bytes = [.. "HTTP/1.1 200 OK\r\n"u8, .. Enumerable.Range(0, random.Next(40)).Select(_ => alphabet[random.Next(alphabet.Length)])];
            int end = HeadParser.FindEnd(bytes, 0);
            if (end > 0 && HeadParser.Parse(bytes.AsSpan(0, end)) is { } head)
            {
                HeadParser.TryFrame(head, out _, out _);
                for (int index = 0; index < head.Lines.Count; index++)
                {
                    Assert.False(head.Lines.NameAt(index).IsEmpty);
                    Assert.False(head.Lines.ValueAt(index).Contains('\n'));
                }
            }
        }
    }

    private static Http1Head? Parse(string head) => HeadParser.Parse(Encoding.Latin1.GetBytes(head));
}
