using Busbar.Wire;

namespace Busbar.Tests.Wire;

public class UrlPathTests
{
    [Theory]
    [InlineData("abc-XYZ_0.9~", "abc-XYZ_0.9~")]
    [InlineData("a:b/c d", "a%3Ab%2Fc%20d")]
    [InlineData("%41+", "%2541%2B")]
    [InlineData("\u00e4\ud83d\ude00", "%C3%A4%F0%9F%98%80")]
    [InlineData("", "")]
    public void A_segment_keeps_only_unreserved_characters(string text, string expected)
    {
        Assert.Equal(expected, UrlPath.EncodeSegment(text));
        Assert.True(UrlPath.TryDecode(expected, out string decoded));
        Assert.Equal(text, decoded);
    }

    [Fact]
    public void A_path_keeps_its_slashes() => Assert.Equal("/a%253A/b%20c", UrlPath.EncodePath("/a%3A/b c"));

    [Theory]
    [InlineData("arn%3aaws%3Abedrock%2fx", "arn:aws:bedrock/x")]
    [InlineData("a%253Ab", "a%3Ab")]
    [InlineData("a+b", "a+b")]
    [InlineData("\u00e4%C3%A4", "\u00e4\u00e4")]
    public void Text_is_decoded_exactly_once(string segment, string expected)
    {
        Assert.True(UrlPath.TryDecode(segment, out string text));
        Assert.Equal(expected, text);
    }

    [Theory]
    [InlineData("%")]
    [InlineData("a%3")]
    [InlineData("%zz")]
    [InlineData("%C3")]
    [InlineData("%FF%FE")]
    public void Malformed_escapes_are_refused(string segment) => Assert.False(UrlPath.TryDecode(segment, out _));
}
