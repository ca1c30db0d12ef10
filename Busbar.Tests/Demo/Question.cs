using System.Net.Http.Headers;
using Busbar.Demo;
using Busbar.Ir;
using Busbar.Ir.Request;
using Busbar.Protocols;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;
using Busbar.Wire.Json;

namespace Busbar.Tests.Demo;

/// <summary>A chat request in any protocol.</summary>
internal sealed record Question(ProtocolId Client, string Model, bool Stream = false, bool DemandsTool = false)
{
    /// <summary>What is asked: ten characters, one of them outside the basic plane and one that JSON escapes.</summary>
    public const string Text = "What\t is 😀";

    /// <summary>The names of the protocols that are built in.</summary>
    public static IReadOnlyList<string> Protocols { get; } = ProtocolNames.All;

    /// <summary>The protocol called <paramref name="name"/>.</summary>
    public static ProtocolId Named(string name) => ProtocolNames.TryParse(name, out ProtocolId id) ? id : throw new ArgumentException(name);

    /// <summary>The request, for <paramref name="origin"/>, which may end in a path.</summary>
    public HttpRequestMessage To(string origin)
    {
        Protocol protocol = ProtocolTable.Get(Client);
        using ChatRequest request = ChatRequest.Rent();
        request.Source = SimulatedAnswer.Foreign(Client);
        request.Stream = Stream;
        request.MaxTokens = 50;
        request.AddMessage(Role.User).Blocks.Add(request.Arena.NewText(JsonText.From(Text)));
        if (DemandsTool)
        {
            request.Tools.Add(new Tool { Name = JsonText.From("weather"), Schema = JsonSlice.From("""{"type":"object","properties":{}}"""u8) });
            request.ToolChoice = new ToolChoice { Kind = ToolChoiceKind.Required };
        }

        using var body = new PooledBuffer();
        Losses losses = default;
        var target = new EgressTarget { WireModel = Model, Capabilities = ModelCapabilities.For(Client, Model) };
        protocol.WriteRequest(request, target, new JsonWriter(body), ref losses);
        var message = new HttpRequestMessage(HttpMethod.Post, origin + protocol.EgressPath(Model, Stream)) { Content =
            new ByteArrayContent(body.Span.ToArray()) };
        message.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        message.Headers.TryAddWithoutValidation("Authorization", DemoCall.Authorization);
        return message;
    }
}
