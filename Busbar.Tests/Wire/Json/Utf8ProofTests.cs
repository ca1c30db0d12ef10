using System.Text;
using System.Text.Unicode;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Json;

/// <summary>The proof of UTF-8 against the framework's, which is slower and says the same.</summary>
public sealed class Utf8ProofTests
{
    private const int Length = 80;

    [Fact]
    public void Any_two_neighbours_are_told_right_or_wrong_wherever_they_stand()
    {
        byte[] before = [0x61, 0xC3, 0xE0, 0xE1, 0xED, 0xF0, 0xF1, 0xF4];
        foreach (int place in (int[])[3, 14, 16, 17, Length - 4])
        {
            byte[] text = Quoted(Length);
            foreach (byte lead in before)
            {
                text[place] = lead;
                for (int pair = 0; pair < 0x10000; pair++)
                {
                    (text[place + 1], text[place + 2]) = ((byte)(pair >> 8), (byte)pair);
                    if (Utf8Proof.Holds(text, 3, Length - 1) != Utf8.IsValid(text.AsSpan(3, Length - 4)))
                    {
                        Assert.Fail($"{lead:x2} {pair:x4} at {place}");
                    }
                }
            }
        }
    }

    [Fact]
    public void A_text_of_all_scripts_with_bytes_changed_is_told_right_or_wrong()
    {
        var random = new Random(11);
        int right = 0;
        for (int round = 0; round < 200_000; round++)
        {
            byte[] text = Scripts(random, random.Next(0, 140));
            for (int changes = random.Next(0, 3); changes > 0 && text.Length > 5; changes--)
            {
                text[random.Next(3, text.Length - 1)] = (byte)random.Next(256);
            }

            right += AssertSame(text) ? 1 : 0;
        }

        Assert.InRange(right, 50_000, 150_000);
    }

    [Fact]
    public void A_sequence_cut_off_by_the_closing_quote_is_wrong_wherever_it_stands()
    {
        foreach (string whole in (string[])["é", "日", "😀"])
        {
            byte[] sequence = Encoding.UTF8.GetBytes(whole);
            for (int length = 20; length < 70; length++)
            {
                for (int kept = 1; kept < sequence.Length; kept++)
                {
                    byte[] text = Quoted(length);
                    sequence.AsSpan(0, kept).CopyTo(text.AsSpan(length - 1 - kept));
                    Assert.False(Utf8Proof.Holds(text, 3, length - 1));
                }
            }
        }
    }

    // As in a document, where the text goes on behind the string.
    private static bool AssertSame(byte[] text)
    {
        bool expected = Utf8.IsValid(text.AsSpan(3, text.Length - 4));
        Assert.Equal(expected, Utf8Proof.Holds(text, 3, text.Length - 1));
        byte[] longer = [.. text, .. ",\"and on it goes, for a while\"}"u8];
        Assert.Equal(expected, Utf8Proof.Holds(longer, 3, text.Length - 1));
        return expected;
    }

    private static byte[] Quoted(int length)
    {
        byte[] text = new byte[length];
        text.AsSpan().Fill((byte)'x');
        "1:\""u8.CopyTo(text);
        text[^1] = (byte)'"';
        return text;
    }

    private static byte[] Scripts(Random random, int runes)
    {
        var text = new StringBuilder("1:\"");
        for (; runes > 0; runes--)
        {
            int value = random.Next(4) switch
            {
                0 => random.Next(0x20, 0x7F),
                1 => random.Next(0x80, 0x800),
                2 => random.Next(0x800, 0xD800),
                _ => random.Next(0x10000, 0x110000),
            };
            text.Append(new Rune(value).ToString());
        }

        return Encoding.UTF8.GetBytes(text.Append('"').ToString());
    }
}
