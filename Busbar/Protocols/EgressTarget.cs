using Busbar.Ir;
using Busbar.Protocols.Translation.Models;
using Busbar.Wire.Json;

namespace Busbar.Protocols;

/// <summary>The model a request is written for. One instance per lane, made when the configuration is loaded.</summary>
internal sealed class EgressTarget
{
    /// <summary>The model id the provider knows.</summary>
    public required string WireModel { get; init; }

    /// <summary><see cref="WireModel"/> as JSON text.</summary>
    public JsonText WireModelText => _wireModelText.IsAbsent ? _wireModelText = JsonText.From(WireModel) : _wireModelText;

    /// <summary>What the model accepts.</summary>
    public required Capabilities Capabilities { get; init; }

    /// <summary>Output limit to send where the protocol demands one and the caller gave none (Anthropic).</summary>
    public long DefaultMaxTokens { get; init; } = 4096;

    /// <summary>The longest answer that the model writes, in tokens; null when it is not known.</summary>
    public long? MaxOutputTokens { get; init; }

    /// <summary>Value of the <c>anthropic-version</c> header on requests built here.</summary>
    public string AnthropicVersion { get; init; } = "2023-06-01";

    /// <summary>
    /// Key of the hash that stands for an end user's name where the provider refuses the name itself: stable, and the same on all nodes.
    /// </summary>
    public ReadOnlyMemory<byte> UserKey { get; init; }

    /// <summary>Whether a request for <paramref name="other"/> is written as one for this.</summary>
    public bool IsSameAs(EgressTarget other) =>
        ReferenceEquals(this, other)
        || (WireModel == other.WireModel && Capabilities == other.Capabilities && DefaultMaxTokens == other.DefaultMaxTokens
            && MaxOutputTokens == other.MaxOutputTokens && AnthropicVersion == other.AnthropicVersion
                && UserKey.Span.SequenceEqual(other.UserKey.Span));

    /// <summary>Which models take back what this one signed, when it is called over <paramref name="protocol"/>.</summary>
    public string FamilyOver(ProtocolId protocol) => _family is { } known && known.Protocol == protocol ? known.Name : Family(protocol);

    private string Family(ProtocolId protocol)
    {
        string name = ModelFamily.Of(protocol, WireModel);
        _family = new(protocol, name);
        return name;
    }

    private JsonText _wireModelText;
    private KnownFamily? _family;

    private sealed record KnownFamily(ProtocolId Protocol, string Name);
}
