using System.Text;
using System.Text.Json;
using Busbar.Demo;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Request;
using Busbar.Tests.Demo;
using Busbar.Tests.Matrix.Harness;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Protocols.Seventh;

/// <summary>
/// A protocol is one place: one that the product has never heard of is added by one line, and is served like any other, with every other.
/// </summary>
public sealed class SeventhProtocolTests : IAsyncLifetime
{
    private static readonly ProtocolId Seventh = SeventhProtocol.Number;

    private DemoGateway _gateway = null!;

    /// <summary>The names of all protocols, the added one included.</summary>
    public static TheoryData<string> All => [.. ProtocolNames.All];

    /// <summary>Those that are built in.</summary>
    public static TheoryData<string> BuiltIn => [.. Enum.GetValues<ProtocolId>().Select(id => id.Name())];

    public async Task InitializeAsync() => _gateway = await DemoGateway.StartAsync();

    public async Task DisposeAsync() => await _gateway.DisposeAsync();

    [Theory]
    [MemberData(nameof(All))]
    public Task Its_clients_are_served_by_providers_of(string provider) => IsServedAsync(Seventh, Question.Named(provider));

    [Theory]
    [MemberData(nameof(BuiltIn))]
    public Task Its_providers_serve_clients_of(string client) => IsServedAsync(Question.Named(client), Seventh);

    [Fact]
    public async Task Its_clients_are_answered_in_its_own_words()
    {
        foreach (SimulatedProvider provider in _gateway.Steady)
        {
            JsonElement whole = Json(await _gateway.AskAsync(new Question(Seventh, provider.Model, DemandsTool: true)));
            string stream = Encoding.UTF8.GetString(await _gateway.AskAsync(new Question(Seventh, provider.Model, Stream: true, DemandsTool: true)));

            Assert.Equal(["say", "use"], whole.GetProperty("items").EnumerateArray().Select(item => item.EnumerateObject().First().Name));
            Assert.Equal("use", whole.GetProperty("ended").GetString());
            Assert.True(whole.GetProperty("spent").GetProperty("written").GetInt32() > 0);
            Assert.StartsWith("data: {\"begin\":\"", stream, StringComparison.Ordinal);
            Assert.Matches("data: {\"ended\":\"use\",\"spent\":{\"read\":[1-9][0-9]*,\"written\":[1-9][0-9]*}}\n\n$", stream);
        }
    }

    [Theory]
    [InlineData("/seventh/talk", 404)]
    [InlineData("/seventh/elsewhere", 404)]
    public async Task Errors_about_its_paths_are_in_its_own_words(string path, int status)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, _gateway.Origin + path);
        request.Content = new StringContent("{\"model\":\"unheard-of\"}");
        request.Headers.TryAddWithoutValidation("Authorization", DemoCall.Authorization);
        using HttpResponseMessage response = await _gateway.Client.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        Assert.Equal("NotFound", Json(await response.Content.ReadAsByteArrayAsync()).GetProperty("fault").GetProperty("kind").GetString());
        Assert.StartsWith("r7-", Assert.Single(response.Headers.GetValues("seventh-request")), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_gives_its_clients_away_decides_on_the_list_of_models()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, _gateway.Origin + "/v1/models");
        request.Headers.TryAddWithoutValidation("Authorization", DemoCall.Authorization);
        request.Headers.Add("seventh-client", "1");
        using HttpResponseMessage response = await _gateway.Client.SendAsync(request);

        Assert.Contains(Json(await response.Content.ReadAsByteArrayAsync()).EnumerateArray(),
            entry => entry.GetProperty("engine").GetString() == DemoConfiguration.Pool);
    }

    [Theory]
    [MemberData(nameof(BuiltIn))]
    public void A_conversation_with_tools_goes_there_and_comes_back(string other)
    {
        const string Talk = """
            {"model":"m","cap":77,"heat":0.5,"brief":"be brief","turns":[{"who":"caller","items":[{"say":"how warm is it?"}]},
            {"who":"callee","items":[{"say":"let me see"},{"use":"weather","as":"use-1","with":"{\"at\":\"here\"}"}]},
            {"who":"caller","items":[{"did":"use-1","gave":"12 degrees"},{"say":"and?"}]}],
            "kit":[{"call":"weather","for":"tells the weather","takes":{"type":"object","properties":{"at":{"type":"string"}}}}],"must":"any"}
            """;
        ProtocolId through = Question.Named(other);
        byte[] there = Translated(Encoding.UTF8.GetBytes(Talk), Seventh, through);
        JsonElement back = Json(Translated(there, through, Seventh));

        Assert.Equal("be brief", back.GetProperty("brief").GetString());
        Assert.Equal(77, back.GetProperty("cap").GetInt32());
        Assert.Equal("any", back.GetProperty("must").GetString());
        Assert.Equal("weather", back.GetProperty("kit")[0].GetProperty("call").GetString());
        Assert.Equal("tells the weather", back.GetProperty("kit")[0].GetProperty("for").GetString());
        JsonElement[] turns = [.. back.GetProperty("turns").EnumerateArray()];
        Assert.Equal(["caller", "callee", "caller"], turns.Select(turn => turn.GetProperty("who").GetString()));
        Assert.Equal("how warm is it?", turns[0].GetProperty("items")[0].GetProperty("say").GetString());
        Assert.Equal("let me see", turns[1].GetProperty("items")[0].GetProperty("say").GetString());
        JsonElement call = turns[1].GetProperty("items")[1];
        Assert.Equal("""{"at":"here"}""", call.GetProperty("with").GetString());
        Assert.Equal(call.GetProperty("as").GetString(), turns[2].GetProperty("items")[0].GetProperty("did").GetString());
        Assert.Equal("12 degrees", turns[2].GetProperty("items")[0].GetProperty("gave").GetString());
        Assert.Equal("and?", turns[2].GetProperty("items")[1].GetProperty("say").GetString());
    }

    private static byte[] Translated(byte[] body, ProtocolId from, ProtocolId to)
    {
        EgressTarget target = Hop.Target(to);
        using ChatRequest request = ChatRequest.Rent();
        using var output = new PooledBuffer();
        Assert.Null(RequestTranslation.Translate(
            body, JsonText.From("m"), stream: false, ProtocolTable.Get(from), ProtocolTable.Get(to), target, new TranslationContext(from, to, target),
            request, output));
        return output.Span.ToArray();
    }

    private static JsonElement Json(byte[] body) => JsonDocument.Parse(body).RootElement;

    private async Task IsServedAsync(ProtocolId client, ProtocolId provider)
    {
        SimulatedProvider asked = _gateway.Steady.Single(each => each.Protocol == provider);
        Heard whole = Heard.Whole(client, await _gateway.AskAsync(new Question(client, asked.Model, DemandsTool: true)));
        Heard stream = Heard.Stream(client, await _gateway.AskAsync(new Question(client, asked.Model, Stream: true, DemandsTool: true)));

        Assert.Contains(asked.Name, whole.Text);
        Assert.Equal(("weather", true, true), (whole.Tool, whole.IsComplete, whole.HasUsage));
        Assert.Equal(whole, stream);
    }
}
