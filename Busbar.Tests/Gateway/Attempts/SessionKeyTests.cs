using System.Text;
using Busbar.Gateway.Attempts;

namespace Busbar.Tests.Gateway.Attempts;

public sealed class SessionKeyTests
{
    [Theory]
    [InlineData("""{"system":"SYSTEM","messages":[{"role":"user","content":"USER"}]}""")]
    [InlineData("""{"system":[{"text":"SYSTEM"}],"messages":[{"role":"user","content":[{"text":"USER"}]}]}""")]
    [InlineData("""{"instructions":"SYSTEM","input":"USER"}""")]
    [InlineData("""{"input":[{"role":"developer","content":"SYSTEM"},{"role":"user","content":"USER"}]}""")]
    [InlineData("""{"messages":[{"role":"system","content":"SYSTEM"},{"role":"user","content":"USER"}]}""")]
    [InlineData("""{"systemInstruction":{"parts":[{"text":"SYSTEM"}]},"contents":[{"role":"user","parts":[{"text":"USER"}]}]}""")]
    [InlineData("""{"system_instruction":{"parts":[{"text":"SYSTEM"}]},"contents":[{"role":"user","parts":[{"text":"USER"}]}]}""")]
    public void The_system_prompt_alone_makes_the_session_in_every_protocol(string body)
    {
        ulong? key = Of(body);

        Assert.NotNull(key);
        Assert.Equal(key, Of(body.Replace("USER", "another question")));
        Assert.NotEqual(key, Of(body.Replace("SYSTEM", "another prompt")));
    }

    [Theory]
    [InlineData("""{"messages":[{"role":"user","content":"hi"},{"role":"system","content":"late"}]}""")]
    [InlineData("""{"system":"","messages":[]}""")]
    [InlineData("""{"system":null}""")]
    [InlineData("""{"messages":[7]}""")]
    [InlineData("""{"input":"hi"}""")]
    [InlineData("[]")]
    [InlineData("nothing")]
    public void Without_a_system_prompt_there_is_no_session(string body) => Assert.Null(Of(body));

    private static ulong? Of(string body) => SessionKey.OfSystemPrompt(Encoding.UTF8.GetBytes(body));
}
