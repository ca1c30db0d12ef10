using System.Text;
using System.Text.Json;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Json;

/// <summary>Names are compared whatever escapes they are made of.</summary>
public sealed class TokenTextTests
{
    [Theory]
    [InlineData("max_tokens", true)]
    [InlineData("\\u006dax_tokens", true)]
    [InlineData("max_\\ud800tokens", false)]
    [InlineData("max_\\ud800\\ud800", false)]
    public void A_name_is_compared_and_never_throws(string name, bool expected)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes($$"""{"{{name}}":1}"""));
        reader.Read();
        reader.Read();

        Assert.Equal((expected, expected), (reader.Is("max_tokens"u8), reader.Is("max_tokens")));
    }
}
