using System.Text;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Json;

public sealed class SingleLineTests
{
    [Theory]
    [InlineData("data: ", "{\"a\": [1,\r\n 2]\n}\r", "{\"a\": [1, 2]}")]
    [InlineData("a\nb\r", "{\"a\":\"\\n\"}", "{\"a\":\"\\n\"}")]
    [InlineData("a\nb\r", "\n", "")]
    [InlineData("", "\r\n\r\n1", "1")]
    [InlineData("a\n", "", "")]
    public void Breaks_go_behind_the_place_that_is_named_and_nothing_before_it(string before, string text, string expected)
    {
        using var output = new PooledBuffer();
        output.Write(Encoding.UTF8.GetBytes(before));
        int start = output.Length;
        output.Write(Encoding.UTF8.GetBytes(text));
        SingleLine.Enforce(output, start);
        Assert.Equal(before + expected, Encoding.UTF8.GetString(output.Span));
    }
}
