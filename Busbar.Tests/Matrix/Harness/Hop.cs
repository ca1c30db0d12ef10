using Busbar.Ir;
using Busbar.Protocols;
using Busbar.Protocols.Translation;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire;

namespace Busbar.Tests.Matrix.Harness;

/// <summary>Bodies carried from one protocol to another in process, and the models they are carried to.</summary>
internal static class Hop
{
    /// <summary>Every protocol that is built in.</summary>
    public static IReadOnlyList<Protocol> Protocols { get; } = [.. Enum.GetValues<ProtocolId>().Select(ProtocolTable.Get)];

    /// <summary>Every ordered pair of different protocols.</summary>
    public static IEnumerable<(Protocol From, Protocol To)> Pairs
        => Protocols.SelectMany(from => Protocols.Where(to => to != from).Select(to => (from, to)));

    /// <summary>The names of <see cref="Pairs"/>.</summary>
    public static TheoryData<string, string> PairNames
    {
        get
        {
            var names = new TheoryData<string, string>();
            foreach ((Protocol from, Protocol to) in Pairs)
            {
                names.Add(from.Id.Name(), to.Id.Name());
            }

            return names;
        }
    }

    /// <summary>The protocol that configuration calls <paramref name="name"/>.</summary>
    public static ProtocolId Named(string name) => ProtocolNames.TryParse(name, out ProtocolId protocol) ? protocol
        : throw new ArgumentException(name, nameof(name));

    /// <summary>A permissive and a restrictive model of each protocol.</summary>
    public static IEnumerable<EgressTarget> Targets(ProtocolId egress) => (egress switch
    {
        ProtocolId.Anthropic => new[] { "claude-sonnet-4-5", "claude-sonnet-5-5" },
        ProtocolId.OpenAI => ["gpt-4o", "gpt-5.6"],
        ProtocolId.Responses => ["gpt-4.1", "gpt-5.6"],
        ProtocolId.Gemini => ["gemini-2.5-flash", "gemini-3-pro"],
        ProtocolId.Bedrock => ["anthropic.claude-sonnet-4-5-20250929-v1:0", "amazon.nova-2-lite-v1:0"],
        _ => ["command-a-reasoning-08-2025", "command-r7b-12-2024"],
    }).Select(model => Model(egress, model));

    /// <summary>The permissive one.</summary>
    public static EgressTarget Target(ProtocolId egress) => Targets(egress).First();

    /// <summary>What a client of <paramref name="ingress"/> is told about the answer.</summary>
    public static ResponseIdentity Identity(Protocol ingress, ProtocolId egress) =>
        new(ingress.Id == ProtocolId.Cohere ? "c14c80c3-18eb-4519-9460-6c92edd8cfb4" : $"{Prefix(ingress.Id)}000000000000000000000000", 1_700_000_000,
            Target(egress).WireModelText, 12);

    /// <summary>A translation from <paramref name="ingress"/> to <paramref name="egress"/> whose request is over.</summary>
    public static TranslationContext Context(Protocol ingress, Protocol egress) => new(ingress.Id, egress.Id, Target(egress.Id));

    /// <summary>Names of everything in <paramref name="losses"/>.</summary>
    public static IReadOnlyList<LossField> Fields(Losses losses)
    {
        var fields = new List<LossField>();
        while (losses.TryTake(out LossField field))
        {
            fields.Add(field);
        }

        return fields;
    }

    private static EgressTarget Model(ProtocolId egress, string model)
        => new() { WireModel = model, Capabilities = ModelCapabilities.For(egress, model) };

    private static string Prefix(ProtocolId id) => id switch
    {
        ProtocolId.Anthropic => "msg_01",
        ProtocolId.OpenAI => "chatcmpl-",
        ProtocolId.Responses => "resp_",
        _ => "",
    };
}
