using System.Text;
using System.Text.Json;
using System.Text.Unicode;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Json;

/// <summary>The scanner against the framework's reader, which is slower and does the same.</summary>
public sealed class JsonScannerTests
{
    private static readonly string[] Pieces =
    [
        "{", "}", "[", "]", ",", ":", " ", "\n", "\t", "        ", "\"", "\"a\":", "\"\"", "0", "-1", "1.5e+3", "01", "1.", "2e", "-", "true",
        "false", "null", "nul", "\"\\u00e9\"", "\"\\ud800\"",
        "\"\\u12\"", "\"\\x\"", "\\", "\"\\\\\"", "\"\\\\\\\"\"", "\"é\"", "\"\u0001\"", "\"日本語\"", "/", "\u00a0", "\"name\"",
        "\"plain text that is longer than a block of bytes, so that several are walked\"",
    ];

    [Fact]
    public void Any_string_of_pieces_is_read_or_refused_as_by_the_frameworks_reader()
    {
        var random = new Random(7);
        var text = new StringBuilder();
        for (int round = 0; round < 60_000; round++)
        {
            text.Clear();
            for (int count = random.Next(1, 9); count > 0; count--)
            {
                text.Append(Pieces[random.Next(Pieces.Length)]);
            }

            AssertSame(Encoding.UTF8.GetBytes(text.ToString()));
        }
    }

    [Fact]
    public void A_whole_document_with_one_byte_changed_is_read_or_refused_as_by_the_frameworks_reader()
    {
        byte[] document =
            Encoding.UTF8.GetBytes(
            """{"model":"m","n":[1,-2.5e3,true,false,null,{}],"é":{"text":"line\nof \"words\" and \\\\ signs é \u00e9 until the end of the """ +
            """second block of bytes","a":[[],{"b":[]}]}}""");
        AssertSame(document);
        var random = new Random(11);
        for (int at = 0; at < document.Length; at++)
        {
            for (int round = 0; round < 24; round++)
            {
                byte[] changed = [.. document];
                changed[at] = round switch { 0 => (byte)'"', 1 => (byte)'\\', 2 => 0, 3 => 0xFF, 4 => 0x1F, 5 => (byte)'u',
                    _ => (byte)random.Next(256) };
                AssertSame(changed);
            }

            AssertSame(document[..at]);
        }
    }

    [Fact]
    public void Every_byte_of_an_escape_is_read_or_refused_as_by_the_frameworks_reader()
    {
        foreach (int before in new[] { 0, 1, 60, 61, 62, 63, 64 })
        {
            byte[] text = [(byte)'"', .. Enumerable.Repeat((byte)'a', before), .. "\\u00fF behind\""u8];
            for (int place = 1; place < 6; place++)
            {
                for (int value = 0; value < 256; value++)
                {
                    byte[] changed = [.. text];
                    changed[before + 1 + place] = (byte)value;
                    AssertSame(changed);
                }
            }
        }
    }

    [Theory]
    [InlineData("\\\"")]
    [InlineData("\\\\")]
    [InlineData("\\\\\\\"")]
    [InlineData("\\u00e9")]
    [InlineData("\\u00g9")]
    [InlineData("\\q")]
    [InlineData("\u0019")]
    [InlineData("é")]
    [InlineData("\"")]
    public void What_stands_across_the_edge_of_a_block_is_read_as_anywhere_else(string piece)
    {
        for (int before = 0; before < 140; before++)
        {
            AssertSame(Encoding.UTF8.GetBytes($"[\"{new string('x', before)}{piece}\"]"));
            AssertSame(Encoding.UTF8.GetBytes($"[\"{new string('x', before)}{piece}{new string('y', 70)}\", 1]"));
            AssertSame(Encoding.UTF8.GetBytes($"\"{new string('\\', before)}{piece}\""));
        }
    }

    [Fact]
    public void Depth_is_bounded()
    {
        var scanner = new JsonScanner(Encoding.ASCII.GetBytes(new string('[', 4) + new string(']', 4)), maxDepth: 3);
        Assert.True(scanner.Read() && scanner.Read() && scanner.Read());
        Assert.False(scanner.Read());
        Assert.True(scanner.IsTooDeep && scanner.IsBroken);
    }

    private static void AssertSame(byte[] text)
    {
        string? expected = Utf8.IsValid(text) ? Framework(text) : null;
        string? actual = Own(text);
        Assert.True(expected == actual, $"{Encoding.UTF8.GetString(text)}\nexpected {expected}\nactual   {actual}");
    }

    private static string? Own(byte[] text)
    {
        var scanner = new JsonScanner(text);
        var tokens = new StringBuilder();
        while (scanner.Read())
        {
            tokens.Append($"{scanner.Token}@{scanner.Start}-{scanner.End}/{scanner.Depth}{(scanner.HasEscapes ? "e" : "")} ");
        }

        return scanner.IsBroken ? null : tokens.ToString();
    }

    private static string? Framework(byte[] text)
    {
        var reader = new Utf8JsonReader(text, new JsonReaderOptions { MaxDepth = JsonTape.MaxDepth });
        var tokens = new StringBuilder();
        try
        {
            while (reader.Read())
            {
                int start = (int)reader.TokenStartIndex;
                int end = start + reader.ValueSpan.Length + (IsText(reader.TokenType) ? 2 : 0);
                tokens.Append($"{reader.TokenType}@{start}-{end}/{reader.CurrentDepth}{(reader.ValueIsEscaped ? "e" : "")} ");
            }

            return tokens.Length == 0 ? null : tokens.ToString();
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool IsText(JsonTokenType token) => token is JsonTokenType.String or JsonTokenType.PropertyName;
}
