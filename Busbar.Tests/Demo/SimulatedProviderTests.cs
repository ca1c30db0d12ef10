using System.Net;
using Busbar.Demo;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;

namespace Busbar.Tests.Demo;

public sealed class SimulatedProviderTests : IAsyncLifetime
{
    private readonly InstantTime _time = new();
    private readonly HttpClient _client = new();
    private SimulatedProviders _providers = null!;

    public static TheoryData<string> Protocols => [.. Question.Protocols];

    public async Task InitializeAsync() => _providers = await SimulatedProviders.StartAsync(_time);

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await _providers.DisposeAsync();
    }

    [Fact]
    public void Every_protocol_that_is_built_in_has_a_steady_provider() =>
        Assert.Equal(
            Question.Protocols,
            _providers.All.Where(provider => provider is { IsFlaky: false, IsBreaking: false }).Select(provider => provider.Protocol.Name()));

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task An_answer_reads_back_in_the_providers_protocol_and_tells_the_length_of_the_question(string protocol)
    {
        SimulatedProvider provider = Of(protocol);

        Heard whole = await WholeAsync(provider, new Question(provider.Protocol, provider.Model));

        Assert.Contains(provider.Name, whole.Text);
        Assert.Contains($"{Question.Text.EnumerateRunes().Count()} characters", whole.Text);
        Assert.Null(whole.Tool);
        Assert.True(whole is { IsComplete: true, HasUsage: true });
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_stream_says_the_same_words_as_a_whole_answer(string protocol)
    {
        SimulatedProvider provider = Of(protocol);

        Heard whole = await WholeAsync(provider, new Question(provider.Protocol, provider.Model, DemandsTool: true));
        Heard stream = await StreamAsync(provider, new Question(provider.Protocol, provider.Model, Stream: true, DemandsTool: true));

        Assert.Equal(whole, stream);
        Assert.Equal("weather", stream.Tool);
    }

    [Fact]
    public async Task A_stream_pauses_after_every_word()
    {
        SimulatedProvider provider = _providers.All[0];

        Heard stream = await StreamAsync(provider, new Question(provider.Protocol, provider.Model, Stream: true));

        Assert.Equal(stream.Text.Split(' ').Length, _time.Timers.Count);
        Assert.All(_time.Timers, pause => Assert.Equal(SimulatedStream.Pause, pause));
    }

    [Fact]
    public async Task A_flaky_provider_refuses_every_third_call_in_its_protocol()
    {
        SimulatedProvider flaky = _providers.All.Single(provider => provider.IsFlaky);
        for (int call = 1; call <= 9; call++)
        {
            using HttpResponseMessage response = await SendAsync(flaky, new Question(flaky.Protocol, flaky.Model, Stream: call % 2 == 0));

            Assert.Equal(call % 3 == 0 ? HttpStatusCode.TooManyRequests : HttpStatusCode.OK, response.StatusCode);
            byte[] body = await response.Content.ReadAsByteArrayAsync();
            if (call % 3 == 0)
            {
                Assert.Equal(TimeSpan.FromSeconds(1), response.Headers.RetryAfter?.Delta);
                Assert.NotNull(ProtocolTable.Get(flaky.Protocol).ReadError(429, body).Message);
            }
        }

        Assert.Equal(3, flaky.Refusals);
    }

    [Fact]
    public async Task A_breaking_provider_leaves_every_fourth_stream_without_an_end()
    {
        SimulatedProvider breaking = _providers.All.Single(provider => provider.IsBreaking);
        for (int call = 1; call <= 8; call++)
        {
            Heard stream = await StreamAsync(breaking, new Question(breaking.Protocol, breaking.Model, Stream: true));

            Assert.Equal(call % 4 != 0, stream.IsComplete);
            Assert.Equal(call % 4 == 0, stream.Text.Trim().Split(' ').Length == SimulatedStream.WordsBeforeCut);
            Assert.True((await WholeAsync(breaking, new Question(breaking.Protocol, breaking.Model))).IsComplete);
        }

        Assert.Equal(2, breaking.Cuts);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task A_body_that_is_no_request_and_a_path_that_does_not_exist_are_refused_in_the_providers_protocol(string protocol)
    {
        SimulatedProvider provider = Of(protocol);
        Protocol spoken = ProtocolTable.Get(provider.Protocol);
        using HttpRequestMessage broken = new Question(provider.Protocol, provider.Model).To($"{_providers.Origin}/{provider.Name}");
        broken.Content = new StringContent("{");
        using HttpResponseMessage unreadable = await _client.SendAsync(broken);
        using HttpResponseMessage unknown = await SendAsync(provider, new Question(provider.Protocol, provider.Model), "/elsewhere");

        Assert.InRange((int)unreadable.StatusCode, 400, 499);
        Assert.NotNull(spoken.ReadError((int)unreadable.StatusCode, await unreadable.Content.ReadAsByteArrayAsync()).Message);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.NotNull(spoken.ReadError(404, await unknown.Content.ReadAsByteArrayAsync()).Message);
    }

    private SimulatedProvider Of(string protocol) => _providers.All.First(provider => provider.Protocol == Question.Named(protocol));

    private async Task<HttpResponseMessage> SendAsync(SimulatedProvider provider, Question question, string prefix = "")
    {
        using HttpRequestMessage request = question.To($"{_providers.Origin}/{provider.Name}{prefix}");
        return await _client.SendAsync(request);
    }

    private async Task<Heard> WholeAsync(SimulatedProvider provider, Question question)
    {
        using HttpResponseMessage response = await SendAsync(provider, question);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        return Heard.Whole(provider.Protocol, await response.Content.ReadAsByteArrayAsync());
    }

    private async Task<Heard> StreamAsync(SimulatedProvider provider, Question question)
    {
        using HttpResponseMessage response = await SendAsync(provider, question);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(ProtocolTable.Get(provider.Protocol).StreamContentType, response.Content.Headers.ContentType?.MediaType);
        return Heard.Stream(provider.Protocol, await response.Content.ReadAsByteArrayAsync());
    }
}
