using System.Globalization;
using System.Text;
using Busbar.Upstream.Http1;

namespace Busbar.Tests.Upstream.Http1;

/// <summary>Where a body ends, however the connection cuts it.</summary>
public sealed class BodyFramingTests
{
    [Fact]
    public void Chunks_cut_at_every_byte_give_the_same_body()
    {
        const string Wire = "5\r\nhello\r\n1;name=\"v;x\"\r\n,\r\n00A  \r\n0123456789\r\n6\nworld!\n0\r\nTrailer: x\r\n\r\n";
        byte[] wire = Encoding.ASCII.GetBytes(Wire);
        for (int cut = 0; cut <= wire.Length; cut++)
        {
            Assert.Equal("hello,0123456789world!", Read(BodyFraming.Chunked(), wire[..cut], wire[cut..]));
        }

        Assert.Equal("hello,0123456789world!", Read(BodyFraming.Chunked(), [.. wire.Select(value => new[] { value })]));
    }

    [Fact]
    public void Random_bodies_in_random_chunks_come_out_as_they_went_in()
    {
        var random = new Random(7);
        for (int round = 0; round < 500; round++)
        {
            byte[] body = new byte[random.Next(3000)];
            random.NextBytes(body);
            var wire = new List<byte>();
            for (int at = 0; at < body.Length;)
            {
                int length = Math.Min(body.Length - at, 1 + random.Next(700));
                wire.AddRange(Encoding.ASCII.GetBytes(length.ToString(random.Next(2) == 0 ? "x" : "X4", CultureInfo.InvariantCulture) + "\r\n"));
                wire.AddRange(body.AsSpan(at, length));
                wire.AddRange("\r\n"u8);
                at += length;
            }

            wire.AddRange("0\r\n\r\n"u8);
            var pieces = new List<byte[]>();
            for (int at = 0; at < wire.Count;)
            {
                int length = Math.Min(wire.Count - at, 1 + random.Next(400));
                pieces.Add([.. wire.Skip(at).Take(length)]);
                at += length;
            }

            Assert.Equal(Encoding.Latin1.GetString(body), Read(BodyFraming.Chunked(), [.. pieces]));
        }
    }

    [Theory]
    [InlineData("x\r\n")]
    [InlineData("\r\n")]
    [InlineData(";a\r\n")]
    [InlineData("-1\r\n")]
    [InlineData("0x5\r\n")]
    [InlineData("3\r\nabcd\r\n")]
    [InlineData("ffffffffffffffffff\r\n")]
    public void Broken_chunks_are_refused(string wire)
    {
        BodyFraming framing = BodyFraming.Chunked();
        Assert.False(framing.TryTake(Encoding.ASCII.GetBytes(wire), out _));
    }

    [Theory]
    [InlineData("5;")]
    [InlineData("0\r\nx-long: ")]
    public void Extensions_and_trailers_without_end_are_refused(string start)
    {
        BodyFraming framing = BodyFraming.Chunked();
        Assert.True(framing.TryTake(Encoding.ASCII.GetBytes(start), out _));
        bool isValid = true;
        for (int round = 0; round < 100 && isValid; round++)
        {
            isValid = framing.TryTake(Encoding.ASCII.GetBytes(new string('a', 1000)), out _);
        }

        Assert.False(isValid);
    }

    [Fact]
    public void What_comes_after_the_end_is_no_part_of_the_body_and_is_noticed()
    {
        foreach (BodyFraming start in (BodyFraming[])[BodyFraming.Chunked(), BodyFraming.OfLength(2)])
        {
            BodyFraming framing = start;
            byte[] wire = Encoding.ASCII.GetBytes(start.Equals(BodyFraming.OfLength(2)) ? "okHTTP/1.1 200" : "2\r\nok\r\n0\r\n\r\nHTTP/1.1 200");

            Assert.True(framing.TryTake(wire, out int count));
            Assert.Equal("ok", Encoding.ASCII.GetString(wire, 0, count));
            Assert.True(framing.IsEnded);
            Assert.True(framing.HasSurplus);
        }
    }

    [Fact]
    public void A_body_of_known_length_ends_with_its_last_byte()
    {
        BodyFraming framing = BodyFraming.OfLength(10);
        Assert.True(framing.TryTake(new byte[7], out _));
        Assert.False(framing.IsEnded);
        Assert.True(framing.TryTake(new byte[3], out _));
        Assert.True(framing is { IsEnded: true, HasSurplus: false });
        Assert.True(BodyFraming.OfLength(0).IsEnded);
    }

    private static string Read(BodyFraming framing, params byte[][] pieces)
    {
        var body = new StringBuilder();
        foreach (byte[] piece in pieces)
        {
            Assert.True(framing.TryTake(piece, out int count));
            body.Append(Encoding.Latin1.GetString(piece, 0, count));
        }

        Assert.True(framing is { IsEnded: true, HasSurplus: false });
        return body.ToString();
    }
}
