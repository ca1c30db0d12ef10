using System.Text;
using Busbar.Protocols.Translation.Response;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Translation.Response;

public sealed class TextOffsetsTests
{
    [Fact]
    public void Positions_agree_with_the_runtimes_own_counting_for_any_text()
    {
        var random = new Random(8);
        for (int round = 0; round < 500; round++)
        {
            Rune[] runes = [.. Enumerable.Range(0, random.Next(20))
                .Select(_ => new Rune(random.Next(4) switch { 0 => 'a', 1 => '"', 2 => 0xFC, _ => 0x1F600 }))];
            string plain = string.Concat(runes);
            JsonText text = JsonText.From(plain);
            for (int at = 0; at <= runes.Length; at++)
            {
                string before = string.Concat(runes[..at]);
                int bytes = Encoding.UTF8.GetByteCount(before);
                Assert.Equal(bytes, TextOffsets.Convert(text, at, TextUnit.Scalar, TextUnit.Utf8));
                Assert.Equal(at, TextOffsets.Convert(text, bytes, TextUnit.Utf8, TextUnit.Scalar));
                Assert.Equal(before.Length, TextOffsets.Convert(text, at, TextUnit.Scalar, TextUnit.Utf16));
                Assert.Equal(at, TextOffsets.Convert(text, before.Length, TextUnit.Utf16, TextUnit.Scalar));
            }

            Assert.Equal(runes.Length, TextOffsets.Convert(text, long.MaxValue, TextUnit.Utf8, TextUnit.Scalar));
            Assert.Equal(-1, TextOffsets.Convert(text, -5, TextUnit.Utf8, TextUnit.Scalar));
        }
    }

    [Fact]
    public void A_position_inside_a_character_counts_as_its_start() =>
        Assert.Equal(1, TextOffsets.Convert(JsonText.From("a€b"), 2, TextUnit.Utf8, TextUnit.Scalar));
}
