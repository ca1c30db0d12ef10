using System.Text;
using System.Text.Json;
using Busbar.Wire.Json;

namespace Busbar.Tests.Wire.Json;

public sealed class TopLevelMembersTests
{
    private const string Document =
        """ { "id" : "a\"}b\\" ,"usage":{"n":[1,{"deep":"]}"}],"s":"{"},"us\u0061ge":null, "t":-1.5e3,"list":[] ,"e":{},"last":true } """;

    [Fact]
    public void Each_member_comes_with_its_name_and_all_of_its_value()
    {
        using JsonDocument expected = JsonDocument.Parse(Document);
        Assert.Equal(
            expected.RootElement.EnumerateObject().Select(member => $"{member.Name}={member.Value.GetRawText()}"),
            Read(Encoding.UTF8.GetBytes(Document)));
    }

    [Fact]
    public void Of_a_text_that_breaks_off_the_members_before_are_found()
    {
        byte[] whole = Encoding.UTF8.GetBytes(Document);
        string[] all = Read(whole);
        for (int length = 0; length < whole.Length; length++)
        {
            string[] found = Read(whole[..length]);
            Assert.Equal(all[..found.Length], found);
        }

        Assert.Equal(6, Read(whole[..Document.IndexOf("true", StringComparison.Ordinal)]).Length);
    }

    [Fact]
    public void Nonsense_is_walked_to_its_end_and_no_further()
    {
        var random = new Random(5);
        byte[] signs = [.. "{}[]\"\\:, an1\n"u8];
        for (int round = 0; round < 50_000; round++)
        {
            byte[] text = [(byte)'{', .. Enumerable.Range(0, random.Next(24)).Select(_ => signs[random.Next(signs.Length)])];
            var members = new TopLevelMembers(text);
            int count = 0;
            while (members.Read())
            {
                Assert.False(members.Value.IsEmpty);
                count++;
            }

            Assert.InRange(count, 0, text.Length);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("\"a\"")]
    [InlineData("{}")]
    [InlineData("{\"a\"}")]
    [InlineData("{\"a\":}")]
    public void What_has_no_members_gives_none(string text) => Assert.Empty(Read(Encoding.UTF8.GetBytes(text)));

    private static string[] Read(byte[] text)
    {
        var found = new List<string>();
        var members = new TopLevelMembers(text);
        while (members.Read())
        {
            found.Add($"{members.Name}={Encoding.UTF8.GetString(members.Value.Span)}");
        }

        return [.. found];
    }
}
