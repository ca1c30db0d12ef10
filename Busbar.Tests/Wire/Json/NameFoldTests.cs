using System.Text;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Json;

public sealed class NameFoldTests
{
    [Theory]
    [InlineData("model", "model")]
    [InlineData("MoDEL", "model")]
    [InlineData("AZaz", "azaz")]
    [InlineData("@[`{", "@[`{")]
    [InlineData("previous-Response_ID", "previousresponseid")]
    [InlineData("to\u212Aen\u212A", "tokenk")]
    [InlineData("me\u017F\u017Fage", "message")]
    [InlineData("\u00e4_\u00c4", "\u00e4\u00c4")]
    [InlineData("_-_", "")]
    [InlineData("", "")]
    public void Case_separators_and_two_letters_beyond_ASCII_make_no_difference(string name, string expected)
    {
        byte[] folded = new byte[NameFold.MaxLength];
        int length = NameFold.Fold(Encoding.UTF8.GetBytes(name), folded);
        Assert.Equal(expected, Encoding.UTF8.GetString(folded, 0, length));
        Assert.True(NameFold.Is(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(expected)));
        Assert.False(NameFold.Is(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(expected + "x")));
        Assert.False(NameFold.Is(Encoding.UTF8.GetBytes(name + "x"), Encoding.UTF8.GetBytes(expected)));
        Assert.False(NameFold.Is(Encoding.UTF8.GetBytes(name + "x"), Encoding.UTF8.GetBytes(expected + "y")));
    }

    [Theory]
    [InlineData(NameFold.MaxLength, NameFold.MaxLength)]
    [InlineData(NameFold.MaxLength + 1, -1)]
    [InlineData(10_000, -1)]
    public void A_name_longer_than_any_of_interest_is_none(int letters, int expected)
    {
        byte[] name = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat("A_", letters)));
        Assert.Equal(expected, NameFold.Fold(name, new byte[NameFold.MaxLength]));
        Assert.False(NameFold.Is(name, "a"u8));
    }
}
