using System.Text;
using System.Text.Json;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Json;

public class JsonTextTests
{
    [Fact]
    public void Any_text_survives_escaping_and_unescaping()
    {
        var random = new Random(1);
        for (int round = 0; round < 3000; round++)
        {
            string text = RandomText.Next(random, 40);
            JsonText escaped = JsonText.From(text);
            Assert.Equal(text, JsonSerializer.Deserialize<string>($"\"{Encoding.UTF8.GetString(escaped.Span)}\""));
            Assert.Equal(text, escaped.ToString());
            using var plain = new PooledBuffer();
            JsonEscaping.Unescape(escaped.Span, plain);
            Assert.Equal(text, Encoding.UTF8.GetString(plain.Span));
        }
    }

    [Fact]
    public void Any_spelling_of_the_same_text_is_equal()
    {
        var random = new Random(2);
        for (int round = 0; round < 3000; round++)
        {
            string text = RandomText.Next(random, 20);
            var left = new JsonText(Encoding.UTF8.GetBytes(RandomText.Escaped(random, text)));
            var right = new JsonText(Encoding.UTF8.GetBytes(RandomText.Escaped(random, text)));
            Assert.Equal(text, left.ToString());
            Assert.True(left.Equals(right));
            Assert.Equal(left.GetHashCode(), right.GetHashCode());
            Assert.True(left.Is(Encoding.UTF8.GetBytes(text)));
            Assert.False(left.Is(Encoding.UTF8.GetBytes(text + "x")));
        }
    }

    [Fact]
    public void Two_megabytes_of_text_survive()
    {
        string text = string.Concat(Enumerable.Repeat("line \"quoted\" \\ \u00e4\ud83d\ude00\n", 80_000));
        JsonText escaped = JsonText.From(text);
        Assert.InRange(escaped.Span.Length, 2_000_000, int.MaxValue);
        Assert.Equal(text, escaped.ToString());
    }

    [Theory]
    [InlineData("\\ud800", "\ufffd")]
    [InlineData("\\udc00x", "\ufffdx")]
    [InlineData("\\ud800\\ud800\\udc00", "\ufffd\ud800\udc00")]
    [InlineData("\\ud800\\n", "\ufffd\n")]
    [InlineData("\\ud83d\\ude00", "\ud83d\ude00")]
    [InlineData("\\/\\b\\f\\n\\r\\t\\\"\\\\", "/\b\f\n\r\t\"\\")]
    public void Unpaired_surrogates_become_the_replacement_character(string escaped, string expected) =>
        Assert.Equal(expected, new JsonText(Encoding.UTF8.GetBytes(escaped)).ToString());

    [Fact]
    public void An_unpaired_surrogate_in_a_string_does_no_harm() => Assert.Equal("a\ufffdb", JsonText.From("a\ud800b").ToString());

    [Fact]
    public void Absent_and_empty_differ()
    {
        Assert.True(default(JsonText).IsAbsent);
        Assert.True(JsonText.From(null).IsAbsent);
        Assert.False(JsonText.Empty.IsAbsent);
        Assert.True(JsonText.Empty.IsNullOrEmpty);
        Assert.False(JsonText.Empty.Equals(default));
        Assert.False(default(JsonText).Is([]));
        Assert.True(JsonText.Empty.Is([]));
        Assert.Equal("", default(JsonText).ToString());
    }
}
