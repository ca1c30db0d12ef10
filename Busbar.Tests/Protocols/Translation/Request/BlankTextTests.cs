using System.Text.Json;
using Busbar.Protocols.Translation.Request;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Request;

/// <summary>What counts as text without anything to read.</summary>
public sealed class BlankTextTests
{
    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("\\n\\r\\t\\f ")]
    [InlineData("\\u0020\\u00a0\\u2003\\u3000")]
    [InlineData("\u00A0\u2003\u3000")]
    [InlineData("\\u200B\\uFEFF\\u001c")]
    [InlineData("\u200B\uFEFF")]
    public void White_space_and_marks_without_a_width_are_blank(string escaped) => Assert.True(BlankText.Is(Text(escaped)));

    [Theory]
    [InlineData("\\n\\nHello")]
    [InlineData(" .")]
    [InlineData("\\u0041")]
    [InlineData("\\\"")]
    [InlineData("\\\\")]
    [InlineData("\\/")]
    [InlineData("\\b")]
    [InlineData(" \u00E9")]
    [InlineData("\\ud83d\\ude00")]
    [InlineData("\U0001F600")]
    [InlineData("\\ud83d")]
    [InlineData("   \\u200b\\tx")]
    public void Anything_else_is_not(string escaped) => Assert.False(BlankText.Is(Text(escaped)));

    [Fact]
    public void Every_character_is_judged_alike_written_as_itself_and_as_an_escape()
    {
        for (int code = 1; code < 0xD800; code++)
        {
            bool escaped = BlankText.Is(Text($"\\u{code:x4}"));
            string plain = JsonSerializer.Serialize(((char)code).ToString())[1..^1];

            Assert.True(escaped == BlankText.Is(Text(plain)), $"U+{code:X4} as {plain}");
            Assert.True(escaped == BlankText.Is(JsonText.From(((char)code).ToString())), $"U+{code:X4} as itself");
        }
    }

    [Fact]
    public void A_long_text_that_begins_with_a_line_end_is_not_decoded()
    {
        JsonText text = Text("\\n" + new string('x', 100_000));

        Assert.Equal(0, Allocations.Least(() => BlankText.Is(text)));
    }

    private static JsonText Text(string escaped) => new(System.Text.Encoding.UTF8.GetBytes(escaped));
}
