using System.Text;
using Busbar.Gateway.Admission.Labels;
using Busbar.Ir;
using Busbar.Observability.Metrics;
using Microsoft.Extensions.Time.Testing;

namespace Busbar.Tests.Gateway.Admission.Labels;

public sealed class LabelBookTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Counter _bounded = new();

    [Theory]
    [InlineData(null, null, "")]
    [InlineData("team=red", null, "team=red")]
    [InlineData(" b = 2 ,a=1,, =x,c=,d", null, "a=1,b=2")]
    [InlineData("a=1,a=2", null, "a=1")]
    [InlineData("bad name=1,a=x=y\"z", null, "a=x_y_z")]
    [InlineData("a=1", "bob@example.com", "a=1,user=bob@example.com")]
    [InlineData("user=header", "body", "user=header")]
    public void Labels_are_read_into_one_text(string? header, string? user, string expected)
        => Assert.Equal(expected, Book().TextOf(header, user, 10));

    [Fact]
    public void Numbers_and_lengths_are_bounded()
    {
        LabelBook book = Book();
        Assert.Equal(16, book.TextOf(string.Join(',', Enumerable.Range(0, 50).Select(index => $"n{index}=v")), null, 10).Split(',').Length);
        Assert.Equal(128 + 2, book.TextOf("a=" + new string('x', 1000), null, 10).Length);
        Assert.Equal("", book.TextOf("a=" + new string('x', 5000), null, 10));
        Assert.Equal("", book.TextOf(new string('n', 65) + "=x", null, 10));
    }

    [Fact]
    public void Values_beyond_the_most_of_a_day_are_other_and_counted()
    {
        LabelBook book = Book();
        Assert.Equal(["team=v0", "team=v1", "team=other", "team=other"],
            Enumerable.Range(0, 4).Select(index => book.TextOf($"team=v{index}", null, 2)));
        Assert.Equal("team=v1", book.TextOf("team=v1", null, 2));
        Assert.Equal(2, _bounded.Value);

        _time.Advance(TimeSpan.FromDays(1));
        Assert.Equal("team=v3", book.TextOf("team=v3", null, 2));
    }

    [Fact]
    public void Names_and_sets_are_bounded()
    {
        LabelBook book = Book();
        for (int index = 0; index < LabelBook.MaxNames; index++)
        {
            Assert.Equal($"n{index}=x", book.TextOf($"n{index}=x", null, 10));
        }

        Assert.Equal("n1=x", book.TextOf("one-more=x,n1=x", null, 10));
        LabelBook other = Book();
        for (int index = 0; index < LabelBook.MaxSets; index++)
        {
            other.TextOf($"a={index % 1000},b={index / 1000}", null, 100_000);
        }

        Assert.Equal("other", other.TextOf("c=1", null, 100_000));
        Assert.Equal("a=1,b=1", other.TextOf("a=1,b=1", null, 100_000));
    }

    [Theory]
    [InlineData(nameof(ProtocolId.OpenAI), """{"model":"m","user":"u"}""", "u", null)]
    [InlineData(nameof(ProtocolId.OpenAI), """{"user":"u","safety_identifier":"s","metadata":{"session_id":"x","n":{"session_id":"no"}}}""", "s",
        "x")]
    [InlineData(nameof(ProtocolId.Responses), """{"input":[{"user":"no","metadata":{"session_id":"no"}}],"user":7}""", null, null)]
    [InlineData(nameof(ProtocolId.Anthropic), """{"user":"no","metadata":{"user_id":"u"}}""", "u", null)]
    [InlineData(nameof(ProtocolId.Anthropic), """{"metadata":{"user_id":"user_1_account_2_session_3"}}""", "user_1_account_2", "3")]
    [InlineData(nameof(ProtocolId.Anthropic), """{"metadata":{"user_id":"{\"device_id\":\"d\",\"account_uuid\":\"\",\"session_id\":\"s\"}"}}""", "d",
        "s")]
    public void A_body_names_user_and_session_at_its_top(string protocol, string body, string? user, string? session) =>
        Assert.Equal(new BodyNames(user, session), BodyNames.Of(Enum.Parse<ProtocolId>(protocol), Encoding.UTF8.GetBytes(body)));

    private LabelBook Book() => new(_time, _bounded);
}
